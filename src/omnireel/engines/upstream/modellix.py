"""The same wire as ours, spoken to somebody else: a hosted account, or another Omnireel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Final, NoReturn

from pydantic import Field, SecretStr

from omnireel import Client, Task, VideoOptions
from omnireel.client import errors as sdk
from omnireel.engines.base import Capabilities, Run
from omnireel.engines.spec import Options
from omnireel.engines.upstream.ordering import order_in, order_once
from omnireel.errors import Canceled, EngineFailed, EngineLost, EngineUnavailable, HandedOver, OutcomeUnknown
from omnireel.media.adopt import Wanted, adopt
from omnireel.models import Clip, Job, JobKind, TaskStatus, VideoRequest

PROMISE: Final = "x-idempotency-seconds"
LOOK_SECONDS = 1.0
"""Between two looks at the order."""
REPORT_SECONDS = 0.1
CANCEL_SECONDS = 2.0
ORDERED, FETCHED = 0.02, 0.95
"""Shares of the work that are done when the order is placed, and when the clip is made there."""


class ModellixOptions(Options):
    """An account with a server that speaks our wire."""

    base_url: str = Field(pattern=r"^https?://[^/?#@\s]+/?$")
    api_key: SecretStr
    model: str | None = Field(default=None, pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$")
    """What is asked for there, `provider/name`; the same as here when not said."""
    engine: str | None = Field(default=None, max_length=64)
    """The engine there, where that is an Omnireel."""
    extensions: bool = False
    """Whether it is an Omnireel, which knows fields that the hosted service does not."""
    kinds: frozenset[JobKind] = frozenset(JobKind)
    """What it is trusted with."""
    sound: bool = True
    timeout_seconds: float = Field(default=30.0, gt=0, le=600)
    """For one call with all its tries."""
    patience_seconds: float = Field(default=120.0, ge=0, le=86_400)
    """How long it may be away while it makes a clip."""


class ModellixEngine:
    """Orders the clip, follows the order, fetches the result. Never orders twice; see `ordering`."""

    name = "modellix"
    Options: ClassVar = ModellixOptions

    def __init__(self, *, threads: int, options: ModellixOptions) -> None:
        self._threads = threads
        self._options = options
        self.capabilities = Capabilities(
            kinds=options.kinds,
            sound=options.sound,
            multi_shot=True,
            network=True,
            cpus=0.5,
            paid=True,
            directed=False,
        )

    def check(self, request: VideoRequest) -> None:
        """The wire is the same, so whatever is accepted here may be asked there."""

    def prepare(self, scratch: Path) -> None:
        """Needs nothing."""

    def close(self) -> None:
        """Holds nothing between clips."""

    def recall(self, note: str) -> None:
        """Cancels the order. Raises EngineUnavailable while nobody can be told that."""
        if not (order_id := order_in(note)):
            return
        with self._client() as client, suppress(sdk.NotFoundError):
            try:
                client.tasks.cancel(order_id)
            except sdk.NotFoundError:
                raise
            except sdk.APIError as error:
                raise EngineUnavailable(f"the order cannot be called off now: {error}") from error

    def generate(self, job: Job, run: Run) -> Clip:
        """Raises EngineUnavailable before there is an order, EngineFailed, EngineLost, OutcomeUnknown."""
        request = job.request
        with self._client() as client:
            order_id = order_once(
                run, lambda: _promised(client), lambda key: self._order(client, request, run, key)
            )
            with _called_off(client, order_id, run):
                task = self._followed(client, order_id, run)
            for warning in task.warnings:
                run.warn(warning)
            path = _fetched(client, task, run)
        wanted = Wanted(sound=request.sound or request.keep_original_sound)
        clip = adopt(path, run, wanted, threads=self._threads, prompt=request.prompt)
        run.report(1.0, "done")
        return clip

    def _client(self) -> Client:
        options = self._options
        return Client(
            options.base_url.rstrip("/"),
            options.api_key.get_secret_value(),
            timeout=options.timeout_seconds,
        )

    def _order(self, client: Client, request: VideoRequest, run: Run, key: str) -> str:
        options = self._asked(request, run)
        options["idempotency_key"] = key
        options["images"] = [run.open(ref) for ref in request.images]
        options["video"] = run.open(request.videos[0]) if request.videos else None
        with _explained():
            return client.videos.create(request.prompt, **options).task_id

    def _asked(self, request: VideoRequest, run: Run) -> VideoOptions:
        options = VideoOptions(
            model=self._options.model or request.model,
            mode=request.mode,
            aspect_ratio=request.aspect_ratio,
            duration=request.duration,
            multi_shot=request.multi_shot or None,
        )
        if request.sound:
            options["sound"] = True
        if self._options.extensions:
            return options | _extended(request, run, self._options.engine)
        for name in _unknown_there(request):
            run.warn(f"The upstream does not know '{name}', so it was left out.")
        return options

    def _followed(self, client: Client, order_id: str, run: Run) -> Task:
        """The task there when it has ended well."""
        quick = client.with_options(retries=0, timeout=min(5.0, self._options.timeout_seconds))
        seen = time.monotonic()
        share = 0.0
        while True:
            try:
                task = quick.tasks.get(order_id)
            except sdk.NotFoundError as error:
                raise EngineLost("the upstream knows nothing of the order any more") from error
            except sdk.APIError as error:
                if time.monotonic() - seen > self._options.patience_seconds:
                    raise EngineLost(f"the upstream was away for too long: {error}") from error
                note = "the upstream is away"
            else:
                seen = time.monotonic()
                if task.status.terminal:
                    return _succeeded(task)
                share, note = task.progress or 0.0, f"upstream: {task.note or task.status}"
            _wait(run, ORDERED + share * (FETCHED - ORDERED), note)


def _wait(run: Run, progress: float, note: str) -> None:
    until = time.monotonic() + LOOK_SECONDS
    while True:
        run.report(progress, note)
        if time.monotonic() >= until:
            return
        time.sleep(REPORT_SECONDS)


def _promised(client: Client) -> float:
    """Seconds for which the upstream remembers an Idempotency-Key."""
    with _explained():
        answer = client.with_raw_response.key_is_valid()
    if not answer.parse():
        raise EngineUnavailable("the upstream does not take this server's key")
    promise = answer.headers.get(PROMISE, "")
    return float(promise) if promise.isdecimal() else 0.0


def _extended(request: VideoRequest, run: Run, engine: str | None) -> VideoOptions:
    return VideoOptions(
        seed=run.seed,
        negative_prompt=request.negative_prompt,
        image_types=request.image_types or None,
        video_type=request.video_type,
        keep_original_sound=request.keep_original_sound or None,
        engine=engine,
    )


def _unknown_there(request: VideoRequest) -> Iterator[str]:
    given = {
        "seed": request.seed is not None,
        "negative_prompt": request.negative_prompt,
        "image_types": request.image_types,
        "video_type": request.video_type,
        "keep_original_sound": request.keep_original_sound,
    }
    return (name for name, said in given.items() if said)


def _succeeded(task: Task) -> Task:
    if task.status is TaskStatus.SUCCESS:
        return task
    if task.status is TaskStatus.CANCELED:
        raise EngineFailed("the upstream canceled the order")
    raise EngineFailed(f"the upstream failed: {task.error.message if task.error else 'it does not say why'}")


def _fetched(client: Client, task: Task, run: Run) -> Path:
    run.report(FETCHED, "fetching")
    try:
        return client.tasks.wait(task.task_id, timeout=0).download(run.scratch / "fetched.mp4")
    except sdk.APIError as error:
        raise EngineLost(f"the upstream made the clip, and it cannot be fetched: {error}") from error


@contextmanager
def _called_off(client: Client, order_id: str, run: Run) -> Iterator[None]:
    """Cancel the order when the task is canceled; leave it when another attempt will go on from here.

    What is called off is forgotten; what is remembered is called off later.
    """
    try:
        yield
    except HandedOver:
        raise
    except Canceled:
        with suppress(sdk.APIError):
            client.with_options(retries=0, timeout=CANCEL_SECONDS).tasks.cancel(order_id)
            run.remember("")
        raise


@contextmanager
def _explained() -> Iterator[None]:
    """The SDK's errors while an order is placed, as what they mean for the attempt."""
    try:
        yield
    except sdk.APIError as error:
        _explain(error)


def _explain(error: sdk.APIError) -> NoReturn:
    match error:
        case sdk.OutcomeUnknown():
            raise OutcomeUnknown(str(error)) from error
        case sdk.InvalidRequestError():
            raise EngineFailed(f"the upstream refuses the request: {error}") from error
        case sdk.AuthenticationError():
            raise EngineUnavailable("the upstream does not take this server's key") from error
        case sdk.InsufficientBalanceError():
            raise EngineUnavailable("this server's account with the upstream is empty") from error
    raise EngineUnavailable(f"the upstream takes no orders now: {error}") from error
