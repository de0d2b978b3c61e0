"""Secrets planted in a running service, and everything it tells searched for them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.collector import Collector, collecting
from tests.loopback import listening, respond
from tests.postgres_server import PASSWORD
from tests.receiver import receiving

pytestmark = pytest.mark.system

SUBMIT = "/api/v1/kling/kling-video-o1/async"
PROMPT = "canary-PROMPT-4b1d walks, fake:"
LINK = "canary-LINK-77aa"
HOOK = "canary-HOOK-19fe"
BASE64 = "Q0FOQVJZQkFTRTY0" * 30
PATIENCE = 60.0


class Service:
    """`omnireel serve` that is watched in every way, and everything it told."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / "log"
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("OMNIREEL_", "OTEL_"))
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "omnireel", "serve", "--port", "0", "--data", str(folder / "data")],
                cwd=folder, env=clean | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self._process.stdout.readline())
        assert found is not None, self.log.read_text()
        self.key = (folder / "data" / "first-key").read_text()
        self.refusals: list[str] = []
        self._http = httpx2.Client(base_url=found[0], timeout=20, trust_env=False)

    def call(self, method: str, path: str, key: str = "", **how: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"} | how.pop("headers", {})
        answer = self._http.request(method, path, headers=headers, **how)
        if answer.status_code >= 400:
            self.refusals.append(f"{answer.text} {dict(answer.headers)}")
        return answer

    def submit(self, prompt: str, hook: str = "", **body: object) -> str:
        headers = {"X-Webhook-URL": hook} if hook else {}
        answer = self.call("POST", SUBMIT, json={"prompt": prompt} | body, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["task_id"])

    def ended(self, task_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            task: dict[str, Any] = self.call("GET", f"/api/v1/tasks/{task_id}").json()["data"]
            if task["status"] in {"success", "failed"}:
                return task
            assert time.monotonic() < deadline, task
            time.sleep(0.1)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def metrics(self) -> str:
        port = next(line["port"] for line in self.lines() if line["event"] == "metrics served")
        return httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text

    def stop(self) -> int:
        self._http.close()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Service]:
    service = Service(folder, environment)
    try:
        yield service
    finally:
        code = service.stop()
    assert code == 0


def provoke(service: Service, images: str, hook: str) -> list[dict[str, Any]]:
    """Requests of every kind, good and bad; the tasks that came of them."""
    call = service.call
    call("GET", "/api/v1/tasks", key=service.key[:-1])
    call("GET", f"/no/{service.key}")
    call("GET", f"/api/v1/tasks/{service.key}?api_key={service.key}")
    call("GET", f"/files/results/x?expires=1&signature={LINK}")
    call("POST", SUBMIT, content=b'{"prompt": "' + PROMPT.encode())
    call("POST", SUBMIT, json={"prompt": PROMPT * 200})
    call("POST", SUBMIT, json={"prompt": PROMPT, "mode": "splendid"})
    call("POST", SUBMIT, json={"prompt": "a", "images": [BASE64]})
    call("POST", SUBMIT, json={"prompt": f"{PROMPT}steps=1"}, headers={"X-Webhook-URL": "ftp://x/?t=" + HOOK})
    tasks = [
        service.submit(f"{PROMPT}steps=1 fake:warn", hook),
        service.submit(f"{PROMPT}blab", hook),
        service.submit(f"{PROMPT}leave=3"),
        service.submit(f"{PROMPT}steps=1", images=[f"{images}?signature={LINK}"]),
    ]
    return [service.ended(task) for task in tasks]


def test_no_planted_secret_is_told_to_anybody(tmp_path: Path, postgres_url: str) -> None:
    with (
        collecting() as collector,
        receiving() as receiver,
        listening(lambda path, connection: respond(connection, status="404 Not Found")) as images,
    ):
        receiver.say = lambda _: (500, {})
        with serving(
            tmp_path,
            OMNIREEL_DATABASE=postgres_url,
            OMNIREEL_ENGINE="omnireel.testing.fake_engine:FakeEngine",
            OMNIREEL_ALLOW_PRIVATE_NETWORK="true",
            OMNIREEL_MAX_ATTEMPTS="1",
            OMNIREEL_WORKERS="2",
            OMNIREEL_METRICS_PORT="0",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint,
            OTEL_BSP_SCHEDULE_DELAY="200",
        ) as service:
            secret = service.call("GET", "/api/v1/webhooks/secret").json()["data"]["secret"]
            tasks = provoke(service, f"http://127.0.0.1:{images.port}/a.png", f"{receiver.url}?token={HOOK}")
            receiver.wait(2)
            numbers = service.metrics()

    assert [task["status"] for task in tasks] == ["success", "failed", "failed", "failed"]
    assert images.hits
    assert len(service.refusals) >= 9
    planted = (service.key, secret, LINK, HOOK, "canary-PROMPT", PASSWORD, BASE64[:64])
    told = {
        "log": service.log.read_text(),
        "refusals": "\n".join(service.refusals),
        "metrics": numbers,
        "traces": b"\n".join(collector.bodies).decode("latin-1"),
    }
    assert [(where, word) for where, text in told.items() for word in planted if word in text] == []
    _everything_was_told(service, collector, numbers, [task["task_id"] for task in tasks])


def _everything_was_told(service: Service, collector: Collector, numbers: str, tasks: list[str]) -> None:
    """A search finds nothing in silence either."""
    lines = service.lines()
    assert {"request", "task submitted", "attempt ended", "webhook attempted"} <= {
        line["event"] for line in lines
    }
    broke = next(line for line in lines if line["event"] == "the attempt broke")
    assert (broke["source"], broke["task"], broke["attempt"]) == ("child", tasks[1], 1)
    assert "ValueError" in broke["exception"]
    assert broke["trace_id"] == next(
        line["trace_id"] for line in lines if line["event"] == "attempt ended" and line["task"] == tasks[1]
    )
    assert {"attempt", "submit", "queue wait", "render", "fetch", "publish", "webhook delivery"} <= {
        span.name for span in collector.spans
    }
    assert 'omnireel_tasks_finished_total{model="kling/kling-video-o1",outcome="failed"} 3.0' in numbers
    assert "omnireel_workers 1.0" in numbers
