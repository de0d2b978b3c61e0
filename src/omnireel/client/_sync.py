"""The SDK for ordinary, blocking programs. What it does is written in the rooms it calls; here it is run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar, Unpack

import httpx2

from omnireel.client import _files, _results, _videos, _webhook, _wire
from omnireel.client._access import find_webhook_secret, resolve
from omnireel.client._blocking import Blocking, open_http
from omnireel.client._connection import Connection
from omnireel.client._events import Feed
from omnireel.client._files import LONGEST_PAGE
from omnireel.client._media import Media
from omnireel.client._raw import raw
from omnireel.client._results import DOWNLOAD_SECONDS
from omnireel.client._retry import RETRIES
from omnireel.client._task_watch import WAIT_SECONDS, wait
from omnireel.client._videos import VideoOptions
from omnireel.client._waiting import run
from omnireel.client._wire import Call, Reply
from omnireel.client.types import (
    Delivery,
    DeliveryPage,
    Estimate,
    File,
    Model,
    ModelSchema,
    Page,
    Readiness,
    Task,
    TaskEvent,
    Usage,
    WebhookEvent,
)
from omnireel.models import TaskStatus

__all__ = ["Client", "Pages", "Result", "TaskEvents", "VideoOptions"]

T = TypeVar("T")
Watch = Callable[[Task], None]


@dataclass(frozen=True)
class Result:
    """A finished task, and the way to its files."""

    task: Task
    _connection: Connection = field(repr=False, compare=False)

    @property
    def url(self) -> str:
        """The video's link. It works without a key, and not for ever."""
        return _results.file_of(self.task, "primary").url

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
        return run(_results.save(self._connection, self.task, path, role, timeout))


class Client:
    """A connection to an Omnireel server, or to any other that speaks its wire.

    `base_url` and `api_key` come from the arguments, else from OMNIREEL_BASE_URL and OMNIREEL_API_KEY,
    else it is the server on this machine and the first key it made. `timeout` bounds one call, in seconds,
    with all its tries; `retries` is how many come after the first. `webhooks.unwrap` checks with
    `webhook_secret`, else OMNIREEL_WEBHOOK_SECRET. Safe to share between threads. Close it,
    or use it in a `with`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 15.0,
        retries: int = RETRIES,
        webhook_secret: str | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        access = resolve(base_url, api_key)
        waiting = Blocking(http or open_http())
        self._furnish(Connection(access, waiting, timeout, retries + 1), find_webhook_secret(webhook_secret))

    def _furnish(self, connection: Connection, webhook_secret: str | None) -> None:
        self._connection = connection
        self.videos: Videos = Videos(connection)
        self.tasks: Tasks = Tasks(connection)
        self.files: Files = Files(connection)
        self.models: Models = Models(connection)
        self.webhooks: Webhooks = Webhooks(connection, webhook_secret)
        self.with_raw_response: RawClient = RawClient(self)

    @property
    def base_url(self) -> str:
        return self._connection.access.base_url

    def with_options(self, *, timeout: float | None = None, retries: int | None = None) -> Client:
        """The same client with other limits, over the same connections; closing either closes both."""
        changed = self._connection.limited(timeout, retries)
        client = object.__new__(type(self))
        client._furnish(changed, self.webhooks.known_secret)
        return client

    def balance(self) -> Decimal:
        """What the key's team has left, in US dollars."""
        return run(self._connection.read(_wire.balance(), _wire.read_balance))

    def key_is_valid(self) -> bool:
        """Whether the server takes the key."""
        return run(self._connection.read(_wire.validate_key(), _wire.read_validity))

    def readiness(self) -> Readiness:
        """How the server's parts are. One that is not ready is an answer too, and given at once."""
        return run(self._connection.look(_wire.ready(), _wire.read_readiness))

    def close(self) -> None:
        run(self._connection.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Videos:
    """Making videos."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, prompt: str, **options: Unpack[VideoOptions]) -> Task:
        """Ask for a video and return at once with the task, which is pending.

        Local `images` and `video` travel inside the request; what is too large for that is uploaded first.
        `webhook_url`, a public HTTPS address, is told when the task has ended; see `omnireel.webhooks`.
        The request is repeated where the server promises to make no second video of it. OutcomeUnknown means
        that nobody knows whether it arrived.
        """
        return run(_videos.create(self._connection, prompt, options))

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
        finished = run(wait(self._connection, task.task_id, timeout, on_update))
        return Result(finished, self._connection)

    def estimate(self, prompt: str, **options: Unpack[VideoOptions]) -> Estimate:
        """What such a video would take, in time and money. Takes what `create` takes, and queues nothing.

        Local media are not sent, since the server does not look at them for this.
        """
        return run(_videos.estimate(self._connection, prompt, options))

    @property
    def with_raw_response(self) -> RawVideos:
        return RawVideos(self)


class Tasks:
    """Tasks already asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, task_id: str) -> Task:
        """The task as it is now, with fresh links. Raises NotFoundError."""
        return run(self._connection.read(_wire.show(task_id), _wire.read_task))

    def list(
        self,
        *,
        status: TaskStatus | str | None = None,
        model: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        page_size: int = 20,
        cursor: str | None = None,
    ) -> Pages[Task]:
        """The team's tasks, newest first. Going through them fetches page after page, as far as you go.

        The moments need a time zone. `page_size` is 1 to 100; `cursor` goes on where a page ended.
        """
        call = partial(
            _wire.tasks,
            status=status,
            model=model,
            created_after=created_after,
            created_before=created_before,
            limit=page_size,
        )
        return Pages(self._connection, call, _wire.read_tasks, cursor)

    def cancel(self, task_id: str) -> Task:
        """Ask the task to stop. What comes back may still be on its way to `canceled`."""
        return run(self._connection.read(_wire.cancel(task_id), _wire.read_task))

    def delete(self, task_id: str) -> None:
        """Take a task that has ended away, and its files. Raises NotFoundError, InvalidRequestError."""
        run(self._connection.read(_wire.delete(task_id), _wire.read_deleted))

    def wait(self, task_id: str, *, timeout: float = WAIT_SECONDS, on_update: Watch | None = None) -> Result:
        """Wait until the task has ended; `on_update` sees it about once a second meanwhile.

        With a `timeout` of 0 it looks once. Rides out a server that restarts. Raises TaskFailed,
        TaskCanceled, and Timeout when the task is still going; waiting again resumes.
        """
        return Result(run(wait(self._connection, task_id, timeout, on_update)), self._connection)

    def events(
        self, task_id: str, *, last_event_id: str | None = None, timeout: float = WAIT_SECONDS
    ) -> TaskEvents:
        """The task's news as they come: its state now, each change, and the end, however it ended.

        A connection that is cut is taken up again where it was; so is an earlier iterator, by the
        `last_event_id` it had come to. Where the server has no event stream it is asked once a second. Raises
        NotFoundError, and Timeout when the task is still going.
        """
        return TaskEvents(Feed(self._connection, task_id, time.monotonic() + timeout, last_event_id))

    @property
    def with_raw_response(self) -> RawTasks:
        return RawTasks(self)


class Files:
    """Files uploaded once, to be used by many requests."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upload(self, media: Media, *, filename: str | None = None) -> File:
        """Upload a picture or a clip; its `url` may stand in `images` or `video`.

        It is sent once: a lost answer means that it may lie there, unused, until it expires.
        """
        return run(_files.upload(self._connection, media, filename))

    def get(self, file_id: str) -> File:
        """Raises NotFoundError."""
        return run(_files.get(self._connection, file_id))

    def list(self, *, page_size: int = LONGEST_PAGE, cursor: str | None = None) -> Pages[File]:
        """The team's files, newest first. `page_size` is 1 to 100."""
        return Pages(self._connection, partial(_wire.files, limit=page_size), _wire.read_files, cursor)

    def usage(self) -> Usage:
        """What all of them take, and may take."""
        return run(self._connection.read(_wire.files(None, limit=1), _wire.read_usage))

    def delete(self, file_id: str) -> None:
        """Raises NotFoundError."""
        run(self._connection.read(_wire.delete_file(file_id), _wire.read_deleted))

    @property
    def with_raw_response(self) -> RawFiles:
        return RawFiles(self)


class Models:
    """What can be asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> tuple[Model, ...]:
        return run(self._connection.read(_wire.models(), _wire.read_models))

    def describe(self, model: str) -> ModelSchema:
        """How `provider/name` is asked: the JSON Schema of the body. Raises NotFoundError."""
        read = _wire.schema_reader(model)
        return run(self._connection.read(_wire.describe(model), read))

    @property
    def with_raw_response(self) -> RawModels:
        return RawModels(self)


class Webhooks:
    """What was told to whom, what it is signed with, and how to read what comes."""

    def __init__(self, connection: Connection, known_secret: str | None) -> None:
        self._connection = connection
        self.known_secret = known_secret

    def unwrap(
        self, body: bytes | str, headers: Mapping[str, str], secret: str | None = None
    ) -> WebhookEvent:
        """The event in a request that came, checked; without asking anybody. See `omnireel.webhooks.unwrap`.

        Raises WebhookRefused; ValueError when there is no secret to check with.
        """
        return _webhook.unwrap(body, headers, _webhook.chosen(secret, self.known_secret))

    def list(
        self, *, task_id: str | None = None, page_size: int = 20, cursor: str | None = None
    ) -> Pages[Delivery]:
        """The team's webhooks, or those of one task, newest first. `page_size` is 1 to 100."""
        call = partial(_wire.deliveries, task_id=task_id, limit=page_size)
        return Pages(self._connection, call, _wire.read_deliveries, cursor)

    def deliveries(
        self, *, task_id: str | None = None, limit: int = 20, cursor: str | None = None
    ) -> DeliveryPage:
        """One page of `list`."""
        return run(
            self._connection.read(
                _wire.deliveries(cursor, task_id=task_id, limit=limit), _wire.read_deliveries
            )
        )

    def get(self, delivery_id: str) -> Delivery:
        """Raises NotFoundError."""
        return run(self._connection.read(_wire.delivery(delivery_id), _wire.read_delivery))

    def resend(self, delivery_id: str) -> Delivery:
        """Have a webhook sent once more, at once, under the same id. Raises NotFoundError."""
        return run(self._connection.read(_wire.resend(delivery_id), _wire.read_delivery))

    def secret(self) -> str:
        """The team's `whsec_…`, which `unwrap` needs."""
        return run(self._connection.read(_wire.webhook_secret(), _wire.read_webhook_secret))

    def rotate_secret(self) -> str:
        """A new secret; the old one signs too for 24 hours."""
        return run(self._connection.read(_wire.rotate_webhook_secret(), _wire.read_webhook_secret))

    @property
    def with_raw_response(self) -> RawWebhooks:
        return RawWebhooks(self)


class Pages(Generic[T]):
    """A list, fetched page by page as far as one goes through it. Going through it again starts anew."""

    def __init__(
        self,
        connection: Connection,
        call: Callable[[str | None], Call],
        read: Callable[[Reply], Page[T]],
        cursor: str | None,
    ) -> None:
        self._connection = connection
        self._call = call
        self._read = read
        self._cursor = cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def pages(self) -> Iterator[Page[T]]:
        """Page by page; each names the cursor that goes on after it."""
        cursor = self._cursor
        while True:
            page = run(self._connection.read(self._call(cursor), self._read))
            yield page
            if page.next_cursor in (None, cursor):
                return
            cursor = page.next_cursor


class TaskEvents:
    """A task's news. Close it, or use it in a `with`, when you do not go through to the end."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    @property
    def last_event_id(self) -> str | None:
        """What resumes after the event that was given last."""
        return self._feed.last_event_id

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> TaskEvent:
        event = run(self._feed.next())
        if event is None:
            raise StopIteration
        return event

    def close(self) -> None:
        run(self._feed.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RawClient:
    """The client's own calls, giving answers as they came."""

    def __init__(self, client: Client) -> None:
        self.balance = raw(client.balance)
        self.key_is_valid = raw(client.key_is_valid)
        self.readiness = raw(client.readiness)


class RawVideos:
    def __init__(self, videos: Videos) -> None:
        self.create = raw(videos.create)
        self.estimate = raw(videos.estimate)


class RawTasks:
    def __init__(self, tasks: Tasks) -> None:
        self.get = raw(tasks.get)
        self.cancel = raw(tasks.cancel)
        self.delete = raw(tasks.delete)


class RawFiles:
    def __init__(self, files: Files) -> None:
        self.upload = raw(files.upload)
        self.get = raw(files.get)
        self.usage = raw(files.usage)
        self.delete = raw(files.delete)


class RawModels:
    def __init__(self, models: Models) -> None:
        self.list = raw(models.list)
        self.describe = raw(models.describe)


class RawWebhooks:
    def __init__(self, webhooks: Webhooks) -> None:
        self.deliveries = raw(webhooks.deliveries)
        self.get = raw(webhooks.get)
        self.resend = raw(webhooks.resend)
        self.secret = raw(webhooks.secret)
        self.rotate_secret = raw(webhooks.rotate_secret)
