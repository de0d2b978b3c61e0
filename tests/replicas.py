"""Servers that share a database and a bucket and nothing else, behind one address."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from tests.real_server import FAKE, clean_environment

_PATIENCE = 60.0


class Replica:
    """`omnireel serve --workers 0` in a process and a data folder of its own. It starts at once."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "omnireel", "serve", "--port", "0", "--workers", "0"],
            cwd=folder, env=clean_environment(OMNIREEL_ENGINE=FAKE) | settings, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def await_start(self) -> None:
        assert self._process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self._process.stdout.readline())
        assert found is not None
        self.origin = found[0]

    @property
    def place(self) -> tuple[str, int]:
        found = urlsplit(self.origin)
        return str(found.hostname), found.port or 0

    @property
    def first_key(self) -> str | None:
        """The key that it made, if none was there."""
        path = self.folder / "omnireel-data" / "first-key"
        return path.read_text() if path.exists() else None

    def tell_to_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def await_end(self) -> int:
        assert self._process.stdout is not None
        code = self._process.wait(_PATIENCE)
        self._process.stdout.close()
        return code

    def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self.await_end()


class Asker:
    """A caller of one origin, with a key."""

    def __init__(self, origin: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx2.Client(base_url=origin, headers=headers, timeout=_PATIENCE, trust_env=False)

    def submit(self, prompt: str, key: str | None = None, **body: Any) -> httpx2.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.http.post(
            "/api/v1/kling/kling-video-o1/async", json={"prompt": prompt} | body, headers=headers
        )

    def task_id(self, prompt: str, **body: Any) -> str:
        answer = self.submit(prompt, **body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["task_id"])

    def until_ended(self, task_id: str) -> dict[str, Any]:
        """The task when it has ended, as long polls tell."""
        while True:
            answer = self.http.get(f"/api/v1/tasks/{task_id}?wait=true")
            assert answer.status_code == 200, answer.text
            task: dict[str, Any] = answer.json()["data"]
            if task["status"] not in ("pending", "processing"):
                return task
