"""The SDK for ordinary, blocking programs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Self, TypedDict, Unpack

import httpx2

from omnireel.client import _wire
from omnireel.client._access import resolve
from omnireel.client._body import body_of
from omnireel.client._connection import Connection, open_http
from omnireel.client._download import choose_target, download
from omnireel.client._media import Media, to_wire
from omnireel.client._retry import Patience
from omnireel.client._wire import Call, Reply
from omnireel.client.errors import (
    DownloadFailed,
    TaskCanceled,
    TaskFailed,
    Timeout,
)
from omnireel.client.types import Delivery, DeliveryPage, Model, Resource, Task
from omnireel.models import TaskStatus

DOWNLOAD_SECONDS = 1800.0
WAIT_SECONDS = 3600.0
OUTAGE_SECONDS = 120.0
"""How long a wait rides out a server that does not answer, a restart say."""

UPLOAD_RATE = 256 * 1024
"""Bytes a second that a slow line still carries: large submits get that much more time."""

Watch = Callable[[Task], None]


class VideoOptions(TypedDict, total=False):
    """What a video may be asked to be. Left out means the server's default."""

    model: str
    images: Sequence[Media]
    video: Media | None
    mode: str | None
    aspect_ratio: str | None
    duration: int | None
    sound: bool | str | None
    multi_shot: bool | None
    seed: int | None
    negative_prompt: str | None
    image_types: Sequence[str] | None
    video_type: str | None
    keep_original_sound: bool | None
    engine: str | None
    webhook_url: str | None


@dataclass(frozen=True)
class Result:
    """A finished task, and the way to its files."""

    task: Task
    _connection: Connection = field(repr=False, compare=False)

    @property
    def url(self) -> str:
        """The video's link. It works without a key, and not for ever."""
        return _file(self.task, "primary").url

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was asked and not done."""
        return self.task.warnings

    def download(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        role: str = "primary",
        timeout: float = DOWNLOAD_SECONDS,
    ) -> Path:
        """Save the video (or `role="poster"`) and return where.

        `path` may be a file or a folder; without it the file gets its own name in the working folder.
        All of the file appears, checked against its digest, or none of it. Raises DownloadFailed, Timeout.
        """
        resource = _file(self.task, role)
        target = choose_target(resource, path)
        download(self._connection.http, resource, target, renew=lambda: self._renewed(role), seconds=timeout)
        return target

    def _renewed(self, role: str) -> Resource:
        return _file(Tasks(self._connection).get(self.task.task_id), role)


class Client:
    """A connection to an Omnireel server, or to any other that speaks its wire.

    `base_url` and `api_key` come from the arguments, else from OMNIREEL_BASE_URL and OMNIREEL_API_KEY,
    else it is the server on this machine and the first key it made. `timeout` bounds one call, in seconds,
    with all its tries. Safe to share between threads. Close it, or use it in a `with`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 15.0,
        http: httpx2.Client | None = None,
    ) -> None:
        self._connection = Connection(resolve(base_url, api_key), http or open_http(), timeout)
        self.tasks = Tasks(self._connection)
        self.videos = Videos(self._connection, self.tasks)
        self.models = Models(self._connection)
        self.webhooks = Webhooks(self._connection)

    def balance(self) -> Decimal:
        """What the key's team has left, in US dollars."""
        return _wire.read_balance(self._connection.ask(_wire.balance()))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Videos:
    """Making videos."""

    def __init__(self, connection: Connection, tasks: Tasks) -> None:
        self._connection = connection
        self._tasks = tasks

    def create(self, prompt: str, **options: Unpack[VideoOptions]) -> Task:
        """Ask for a video and return at once with the task, which is pending.

        Local `images` and `video` travel inside the request; what is too large for that is uploaded first.
        `webhook_url`, a public HTTPS address, is told when the task has ended; see `omnireel.webhooks`.
        The request is sent once, whatever happens: OutcomeUnknown means that nobody knows whether it arrived.
        """
        images, videos = to_wire(options.get("images") or (), options.get("video"), self._store)
        body = _body(prompt, images, videos, options)
        model = options.get("model", _wire.DEFAULT_MODEL)
        call = _wire.submit(model, body, token_urlsafe(24), options.get("webhook_url"))
        return _wire.read_receipt(self._send(call))

    def create_and_wait(
        self,
        prompt: str,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Watch | None = None,
        **options: Unpack[VideoOptions],
    ) -> Result:
        """Ask for a video and wait until it is there. Raises like `create` and `tasks.wait`."""
        task = self.create(prompt, **options)
        if on_update:
            on_update(task)
        return self._tasks.wait(task.task_id, timeout=timeout, on_update=on_update)

    def _store(self, filename: str, source: Path | bytes) -> str:
        return _wire.read_upload(self._send(_wire.upload(filename, source)))

    def _send(self, call: Call) -> Reply:
        """Once, with time according to size."""
        length = body_of(call.body).length if call.body else 0
        seconds = self._connection.timeout + length / UPLOAD_RATE
        return self._connection.ask(call, Patience(seconds, tries=1))


class Tasks:
    """Tasks already asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, task_id: str) -> Task:
        """The task as it is now, with fresh links. Raises NotFoundError."""
        return _wire.read_task(self._connection.ask(_wire.show(task_id)))

    def cancel(self, task_id: str) -> Task:
        """Ask the task to stop. What comes back may still be on its way to `canceled`."""
        return _wire.read_task(self._connection.ask(_wire.cancel(task_id)))

    def delete(self, task_id: str) -> None:
        """Take a task that has ended away, and its files. Raises NotFoundError, InvalidRequestError."""
        _wire.read_deleted(self._connection.ask(_wire.delete(task_id)))

    def wait(self, task_id: str, *, timeout: float = WAIT_SECONDS, on_update: Watch | None = None) -> Result:
        """Wait until the task has ended; `on_update` sees it about once a second meanwhile.

        With a `timeout` of 0 it looks once. Rides out a server that restarts. Raises TaskFailed,
        TaskCanceled, and Timeout when the task is still going; waiting again resumes.
        """
        deadline = time.monotonic() + timeout
        hold = 1 if on_update else 25
        task = self.get(task_id) if timeout <= 0 else self._look(task_id, 0, deadline)
        while True:
            if on_update:
                on_update(task)
            if task.status.terminal:
                return self._result(task)
            if time.monotonic() >= deadline:
                raise Timeout(f"task {task_id} is still {task.status} after {timeout:g} s", task_id=task_id)
            task = self._after(task, hold, deadline)

    def _after(self, before: Task, hold: int, deadline: float) -> Task:
        asked = time.monotonic()
        left = deadline - asked
        task = self._look(before.task_id, min(hold, max(1, int(left))), deadline)
        # A server that answers at once, not holding the question, must not be asked in a tight loop.
        if task.status == before.status:
            time.sleep(max(0.0, min(asked + 1.0, deadline) - time.monotonic()))
        return task

    def _look(self, task_id: str, hold: int, deadline: float) -> Task:
        seconds = hold + min(OUTAGE_SECONDS, max(0.0, deadline - time.monotonic()) + 1.0)
        try:
            reply = self._connection.ask(_wire.show(task_id, hold=hold), Patience(seconds, tries=1000))
        except Timeout as error:
            raise Timeout(str(error), task_id=task_id) from error
        return _wire.read_task(reply)

    def _result(self, task: Task) -> Result:
        if task.status is TaskStatus.FAILED:
            raise TaskFailed(task)
        if task.status is TaskStatus.CANCELED:
            raise TaskCanceled(task)
        return Result(task, self._connection)


class Models:
    """What can be asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> tuple[Model, ...]:
        return _wire.read_models(self._connection.ask(_wire.models()))


class Webhooks:
    """What was told to whom, and what it is signed with. To read what comes: `omnireel.webhooks.unwrap`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def deliveries(
        self, *, task_id: str | None = None, limit: int = 20, cursor: str | None = None
    ) -> DeliveryPage:
        """The team's webhooks, or those of one task, newest first; at most 100 at a time."""
        return _wire.read_deliveries(self._connection.ask(_wire.deliveries(task_id, limit, cursor)))

    def resend(self, delivery_id: str) -> Delivery:
        """Have a webhook sent once more, at once, under the same id. Raises NotFoundError."""
        return _wire.read_delivery(self._connection.ask(_wire.resend(delivery_id)))

    def secret(self) -> str:
        """The team's `whsec_…`, which `unwrap` needs."""
        return _wire.read_webhook_secret(self._connection.ask(_wire.webhook_secret()))

    def rotate_secret(self) -> str:
        """A new secret; the old one signs too for 24 hours."""
        return _wire.read_webhook_secret(self._connection.ask(_wire.rotate_webhook_secret()))


def _file(task: Task, role: str) -> Resource:
    resource = task.resource(role)
    if resource is None or not resource.url:
        raise DownloadFailed(f"task {task.task_id} has no file with the role {role!r}")
    return resource


def _body(
    prompt: str, images: Sequence[str], videos: Sequence[str], options: VideoOptions
) -> dict[str, object]:
    sound = options.get("sound")
    body: dict[str, object] = {
        "prompt": prompt,
        "images": _listed(images),
        "videos": _listed(videos),
        "mode": options.get("mode"),
        "aspect_ratio": options.get("aspect_ratio"),
        "duration": options.get("duration"),
        "sound": ("on" if sound else "off") if isinstance(sound, bool) else sound,
        "multi_shot": options.get("multi_shot"),
        "shot_type": "intelligence" if options.get("multi_shot") else None,
        "seed": options.get("seed"),
        "negative_prompt": options.get("negative_prompt"),
        "image_types": _listed(options.get("image_types")),
        "video_type": options.get("video_type"),
        "keep_original_sound": options.get("keep_original_sound"),
        "engine": options.get("engine"),
    }
    return {name: value for name, value in body.items() if value is not None}


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return list(values) if values else None
