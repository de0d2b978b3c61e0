"""A server for batches on the loopback: makes one task per Idempotency-Key, and videos at once."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.client.loopback import HANG_UP, Answer, Loopback, Seen, enveloped, refused

WEEK = 7 * 24 * 3600
VIDEO = b"a video of "


@dataclass
class Shop:
    """What it has and how it behaves; tests change it as they like."""

    server: Loopback
    price: float = 0.5
    honours_keys: bool = True
    remembered: int = WEEK
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Bodies of submits by task id."""
    by_key: dict[str, str] = field(default_factory=dict)
    posts: int = 0
    uploads: int = 0
    running: bool = False
    """Whether tasks stay where they are."""
    before: Callable[[Seen], Answer | None] = lambda seen: None
    """May answer instead."""
    kill_at: int | None = None
    """The request at which `pid` is killed, once its effect is there and before its answer."""
    pid: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.server.script = [self.answer]

    def answer(self, seen: Seen) -> Answer:
        instead = self.before(seen)
        answer = instead if instead is not None else self._answer(seen)
        self.requests += 1
        if self.requests == self.kill_at:
            os.kill(self.pid, signal.SIGKILL)
            return HANG_UP
        promise = {"X-Idempotency-Seconds": str(self.remembered)} if self.honours_keys else {}
        return Answer(answer.status, answer.body, {**answer.headers, **promise}, slow=answer.slow)

    def _answer(self, seen: Seen) -> Answer:
        path = seen.path.partition("?")[0]
        if path.endswith("/validate"):
            return enveloped({"is_valid": True})
        if path.endswith("/estimate"):
            return enveloped({"price": f"{self.price:.4f}", "samples": 3, "expected_seconds": 10.0})
        if path.endswith("/async"):
            return self._submit(seen.json, seen.headers)
        if path == "/api/v1/media/files":
            self.uploads += 1
            return enveloped({"file_id": "file-1", "url": f"{self.server.base_url}/files/up-{self.uploads}"})
        if path.startswith("/files/"):
            return Answer(200, self._video(path.rpartition("/")[2].removesuffix(".mp4")))
        return self._task(path.rpartition("/")[2])

    def _submit(self, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        self.posts += 1
        key = headers["idempotency-key"]
        if self.honours_keys and key in self.by_key:
            if self.tasks[self.by_key[key]] != body:
                return refused(422, "Idempotency conflict: another request")
            return enveloped(self._state(self.by_key[key]))
        task_id = f"task-t2v-{len(self.tasks) + 1}"
        self.tasks[task_id], self.by_key[key] = body, task_id
        return enveloped(self._state(task_id))

    def _task(self, task_id: str) -> Answer:
        if task_id not in self.tasks:
            return refused(404, "Resource not found: nothing here")
        return enveloped(self._state(task_id))

    def _state(self, task_id: str) -> dict[str, Any]:
        state: dict[str, Any] = {"task_id": task_id, "model_id": "kling-video-o1", "status": "processing"}
        if self.running:
            return state
        if "fail" in self.tasks[task_id]["prompt"]:
            error = {"type": "engine_failed", "message": "no clay left", "retryable": False}
            return state | {"status": "failed", "error": error, "billing": {"amount": "0.0000"}}
        video = self._video(task_id)
        resource = {
            "url": f"{self.server.base_url}/files/{task_id}.mp4", "type": "video", "role": "primary",
            "format": "mp4", "size": len(video), "sha256": hashlib.sha256(video).hexdigest(),
        }  # fmt: skip
        result = {"resources": [resource], "metadata": {"engine": "studio", "seed": 1}}
        return state | {"status": "success", "result": result, "billing": {"amount": f"{self.price:.4f}"}}

    def _video(self, task_id: str) -> bytes:
        return VIDEO + str(self.tasks[task_id]["prompt"]).encode()


def jsonl(*documents: Mapping[str, Any]) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)
