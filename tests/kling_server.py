"""A stand-in for Kling's omni-video API: envelope, tokens and codes, and whatever a test wants to go wrong.

It takes each `external_task_id` once, and hands out a real MP4.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import jwt
from tests.media_files import make_video

ACCESS: Final = "an access key"
SECRET: Final = "a secret key of thirty-two bytes and more"
OMNI: Final = "/v1/videos/omni-video"
STATUSES: Final = {1000: 401, 1102: 429, 1103: 403, 1201: 400, 1203: 404, 1301: 400, 1302: 429, 1303: 429}
"""Of answers by their codes; others are 500."""
LOSE: Final = 0
"""Instead of a code: does what it is told, and closes the connection without an answer."""
DROP: Final = -1
"""The same, and does nothing."""


@dataclass
class KlingServer:
    """Whatever is in `creates`, `looks` and `links` is used up, the first first: codes of answers to creates
    and to queries, and statuses of downloads. `tasks` are those ordered; `tokens` the claims it was shown. A
    task is made when it is looked at more than `slow` times, or `fails` for this reason; `link` is where, if
    not here.
    """

    film: bytes
    origin: str = ""
    creates: list[int] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    slow: int = 0
    fails: str = ""
    link: str = ""
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[dict[str, Any]] = field(default_factory=list)

    def named(self, name: str) -> dict[str, Any] | None:
        return self.tasks.get(name) or next(
            (task for task in self.tasks.values() if task["task_info"]["external_task_id"] == name), None
        )

    def create(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.bodies.append(body)
        name = body["external_task_id"]
        if self.named(name):
            return 1201, "external_task_id is not unique"
        task_id = str(len(self.tasks) + 1)
        info = {"external_task_id": name}
        self.tasks[task_id] = {"task_id": task_id, "task_status": "submitted", "task_info": info}
        return 0, self.tasks[task_id]

    def show(self, name: str) -> tuple[int, Any]:
        task = self.named(name)
        if task is None:
            return 1203, "no such task"
        if self.slow > 0:
            self.slow -= 1
            task["task_status"] = "processing"
        elif self.fails:
            task |= {"task_status": "failed", "task_status_msg": self.fails}
        else:
            link = self.link or f"{self.origin}/films/{task['task_id']}.mp4"
            videos = [{"id": "1", "url": link, "duration": "5"}]
            task |= {"task_status": "succeed", "task_result": {"videos": videos}}
        return 0, task


class _Handler(BaseHTTPRequestHandler):
    kling: KlingServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.kling.creates, lambda: self.kling.create(body))

    def do_GET(self) -> None:
        if self.path.startswith("/films/"):
            return self._hand_out()
        if self.path.startswith(f"{OMNI}?"):
            return self._answer([], lambda: (0, []))
        return self._answer(
            self.kling.looks, lambda: self.kling.show(unquote(self.path.removeprefix(f"{OMNI}/")))
        )

    def _answer(self, wrong: list[int], do: Any) -> None:
        if not self._is_known():
            return self._tell(1000, "the token is no good")
        code = wrong.pop(0) if wrong else None
        if code is None:
            return self._tell(*do())
        if code == LOSE:
            do()
        if code in (LOSE, DROP):
            return None
        return self._tell(code, f"the test wants {code}")

    def _is_known(self) -> bool:
        sent = self.headers["Authorization"].removeprefix("Bearer ")
        with suppress(jwt.InvalidTokenError):
            self.kling.tokens.append(jwt.decode(sent, SECRET, ["HS256"], issuer=ACCESS))
            return True
        return False

    def _tell(self, code: int, data: Any) -> None:
        envelope = {"code": code, "request_id": "r"}
        envelope |= {"message": data} if code else {"message": "SUCCEED", "data": data}
        self._send(200 if code == 0 else STATUSES.get(code, 500), json.dumps(envelope).encode())

    def _hand_out(self) -> None:
        status = self.kling.links.pop(0) if self.kling.links else 200
        self._send(status, self.kling.film if status == 200 else b"expired")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Silent."""


@contextmanager
def kling_server(folder: Path) -> Iterator[KlingServer]:
    """One on a free port of the loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    film = make_video(folder / "film.mp4", seconds=5, width=320, height=180, fps=24, audio=True)
    kling = KlingServer(film.read_bytes())
    handler = type("Handler", (_Handler,), {"kling": kling})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    kling.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield kling
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()
