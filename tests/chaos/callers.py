"""Callers of a server that is killed again and again; they keep asking until they have their answer."""

from __future__ import annotations

import base64
import random
import socket
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, Self

import httpx2
from tests.chaos.roles import prompt_of
from tests.chaos.world import World

SUBMIT = "/api/v1/kling/kling-video-o1/async"
TIMEOUT = 10.0


def free_port(dice: random.Random) -> int:
    """Below those that the kernel gives to callers: one of them could otherwise call itself."""
    while True:
        port = dice.randrange(12_000, 32_000)
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) != 0:
                return port


class Callers:
    """Threads that submit under Idempotency-Keys, upload, cancel and repeat themselves.

    `pause` is between a thread's submits, seconds, `uploads` how likely one follows each.
    `last` is the newest task.
    """

    def __init__(
        self,
        world: World,
        port: int,
        *,
        seed: int,
        threads: int = 3,
        pause: float = 0.01,
        uploads: float = 0.1,
    ) -> None:
        self._world = world
        self._origin = f"http://127.0.0.1:{port}"
        self._pause = pause
        self._uploads = uploads
        self._stop = Event()
        self.last: str | None = None
        self.faults: list[BaseException] = []
        self._picture = base64.b64encode(world.places.picture.read_bytes()).decode()
        self._threads = [
            Thread(target=self._guarded, args=(n, random.Random(f"{seed}/{n}"))) for n in range(threads)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert self.faults == []

    def read(self, task_id: str) -> int:
        """The status that a look at a task is answered with."""
        with httpx2.Client(timeout=TIMEOUT, trust_env=False) as http:
            answer = self._ask(http, "GET", f"/api/v1/tasks/{task_id}")
        return 0 if answer is None else answer.status_code

    def _guarded(self, number: int, dice: random.Random) -> None:
        try:
            with httpx2.Client(timeout=TIMEOUT, trust_env=False) as http:
                self._call_on(http, number, dice)
        except BaseException as fault:
            self.faults.append(fault)
            raise

    def _call_on(self, http: httpx2.Client, number: int, dice: random.Random) -> None:
        n = 0
        while not self._stop.is_set():
            n += 1
            self._submit(http, f"caller-{number}-{n}", dice)
            if dice.random() < self._uploads:
                self._upload(http)
            self._stop.wait(self._pause)

    def _submit(self, http: httpx2.Client, name: str, dice: random.Random) -> None:
        body: dict[str, Any] = {"prompt": prompt_of(name), "mode": "std"}
        if dice.random() < 0.25:
            body["images"] = [self._picture]
        headers = {"Idempotency-Key": name, "X-Webhook-URL": self._world.places.hook}
        task_id = None
        for _ in range(dice.choice((1, 1, 2))):
            task_id = self._insist(
                lambda: self._ask(http, "POST", SUBMIT, json=body, headers=headers), "task_id"
            )
            if task_id is not None:
                self._world.history.acknowledged(name, task_id)
                self.last = task_id
        if task_id is not None and dice.random() < 0.1:
            self._world.history.asked_to_cancel(task_id)
            self._insist(lambda: self._ask(http, "POST", f"/api/v1/tasks/{task_id}/cancel"), "task_id")

    def _upload(self, http: httpx2.Client) -> None:
        files = {"file": ("photo.png", self._world.places.picture.read_bytes(), "image/png")}
        answer = self._ask(http, "POST", "/api/v1/media/files", files=files)
        assert answer is None or answer.status_code in (200, 503), answer.text
        if answer is not None and answer.status_code == 200:
            self._world.history.uploaded(answer.json()["data"]["file_id"])

    def _insist(self, ask: Callable[[], httpx2.Response | None], wanted: str) -> str | None:
        """Ask again until there is an answer; None when it is time to stop."""
        while not self._stop.is_set():
            answer = ask()
            if answer is None:
                self._stop.wait(0.01)
            elif answer.status_code == 200:
                return str(answer.json()["data"][wanted])
            else:
                # "Still inside", "not now": everything else is a fault of ours.
                assert answer.status_code in (409, 503), (answer.status_code, answer.text)
                self._stop.wait(0.05)
        return None

    def _ask(self, http: httpx2.Client, method: str, path: str, **how: Any) -> httpx2.Response | None:
        headers = {"Authorization": f"Bearer {self._world.key}", **how.pop("headers", {})}
        try:
            return http.request(method, self._origin + path, headers=headers, **how)
        except httpx2.TransportError:
            return None


def answers(port: int) -> bool:
    """Whether a server is up; it listens a while before that."""
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False, timeout=TIMEOUT).is_success
    except httpx2.TransportError:
        return False
