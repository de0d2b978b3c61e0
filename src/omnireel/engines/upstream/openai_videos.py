"""Clips ordered over OpenAI's `/v1/videos`: words, and one picture to begin with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, ClassVar, Final

import httpx2
from pydantic import Field, SecretStr

from omnireel.engines.base import Capabilities, Run
from omnireel.engines.sidecar.asking import Asking
from omnireel.engines.sidecar.server import Forgotten, Server, Silent, Unreached, opened
from omnireel.engines.spec import Options
from omnireel.engines.upstream.ordering import order_in, order_once
from omnireel.errors import (
    Canceled,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    HandedOver,
    InvalidRequest,
    OutcomeUnknown,
)
from omnireel.media.adopt import Wanted, adopt
from omnireel.models import AspectRatio, Clip, Job, JobKind, Mode, VideoRequest

LOOK_SECONDS: Final = 2.0
STEP_SECONDS: Final = 0.1
ORDERED, MADE = 0.02, 0.94

Size = Annotated[str, Field(pattern=r"^[0-9]{2,4}x[0-9]{2,4}$")]


class OpenAIVideosOptions(Options):
    """An account with OpenAI, or with somebody who speaks as it does."""

    base_url: str = Field(default="https://api.openai.com", pattern=r"^https?://[^/?#@\s]+$")
    api_key: SecretStr
    model: str = Field(default="sora-2", max_length=256)
    pro_model: str | None = Field(default=None, max_length=256)
    """The model for `pro`; the same when not said."""
    seconds: tuple[int, ...] = Field(default=(4, 8, 12), min_length=1)
    """The lengths that can be ordered; the next longer one is, and cut."""
    wide: Size = "1280x720"
    tall: Size = "720x1280"
    patience_seconds: float = Field(default=120.0, ge=0, le=86_400)
    """How long it may be away while it makes a clip."""
    deadline_seconds: float = Field(default=1500.0, gt=0)
    """A clip that takes longer is given up."""


class OpenAIVideosEngine:
    """Orders the clip once; see `ordering`."""

    name = "openai-videos"
    Options: ClassVar[type[Options]] = OpenAIVideosOptions
    capabilities = Capabilities(
        kinds=frozenset({JobKind.TEXT, JobKind.ANIMATE}),
        sound=True,
        network=True,
        cpus=0.5,
        paid=True,
        directed=False,
    )

    def __init__(self, *, threads: int, options: OpenAIVideosOptions) -> None:
        self._threads = threads
        self._options = options

    def check(self, request: VideoRequest) -> None:
        """Refuses what cannot be said there."""
        if request.videos or len(request.images) > 1:
            raise InvalidRequest("the upstream takes words and at most one picture", field="images")
        if request.duration is not None and request.duration > max(self._options.seconds):
            raise InvalidRequest(
                f"the upstream makes {max(self._options.seconds)} seconds at most", field="duration"
            )
        if request.aspect_ratio is AspectRatio.SQUARE:
            raise InvalidRequest("the upstream makes no square clips", field="aspect_ratio")

    def prepare(self, scratch: Path) -> None:
        """Needs nothing."""

    def close(self) -> None:
        """Holds nothing between clips."""

    def recall(self, note: str) -> None:
        """Deletes the order. Raises EngineUnavailable while nobody can be told that."""
        if not (order_id := order_in(note)):
            return
        with opened(self._options.api_key.get_secret_value(), far=True) as http:
            try:
                Server(self._options.base_url, http).delete(order_id)
            except Silent as error:
                raise EngineUnavailable(f"the order cannot be called off now: {error}") from error

    def generate(self, job: Job, run: Run) -> Clip:
        """Raises EngineUnavailable before there is an order, EngineFailed, EngineLost, OutcomeUnknown."""
        request = job.request
        with opened(self._options.api_key.get_secret_value(), far=True) as http:
            server = Server(self._options.base_url, http)
            order_id = self._ordered(server, request, run)
            with _called_off(server, order_id, run):
                path = self._followed(server, order_id, run)
        wanted = Wanted(sound=request.sound, seconds=float(request.duration or min(self._options.seconds)))
        clip = adopt(path, run, wanted, threads=self._threads, prompt=request.prompt)
        run.report(1.0, "done")
        return clip

    def _ordered(self, server: Server, request: VideoRequest, run: Run) -> str:
        asked = openai_asking(self._options, request)
        paths = {ref: run.open(ref) for ref in request.images}

        def order(key: str) -> str:
            with _explained():
                return server.submit(asked, paths, key=key).job_id

        return order_once(run, lambda: _promised(server), order)

    def _followed(self, server: Server, order_id: str, run: Run) -> Path:
        began = seen = time.monotonic()
        share = 0.0
        path = run.scratch / "fetched"
        while True:
            try:
                job = server.job(order_id)
                if job.status == "completed":
                    run.report(MADE, "fetching")
                    server.fetch(order_id, path)
                    return path
            except Forgotten:
                raise EngineLost("the upstream knows nothing of the order any more") from None
            except (Silent, httpx2.HTTPError) as error:
                if time.monotonic() - seen > self._options.patience_seconds:
                    raise EngineLost(f"the upstream was away for too long: {error}") from error
            else:
                seen, share = time.monotonic(), job.progress
                if job.status not in {"queued", "in_progress"}:
                    raise EngineFailed(f"the upstream failed: {job.error}")
            if time.monotonic() - began > self._options.deadline_seconds:
                raise EngineLost(f"the upstream took longer than {self._options.deadline_seconds:g} seconds")
            _wait(run, ORDERED + share * (MADE - ORDERED))


def openai_asking(options: OpenAIVideosOptions, request: VideoRequest) -> Asking:
    """The request in OpenAI's words. Pure."""
    length = request.duration or min(options.seconds)
    fields = {
        "prompt": request.prompt,
        "model": (options.pro_model if request.mode is Mode.PRO else None) or options.model,
        "seconds": str(min(each for each in sorted(options.seconds) if each >= length)),
        "size": options.tall if request.aspect_ratio is AspectRatio.TALL else options.wide,
    }
    return Asking(fields, tuple(("input_reference", ref) for ref in request.images))


def _promised(server: Server) -> float:
    try:
        return server.promised()
    except Silent as error:
        raise EngineUnavailable(f"the upstream takes no orders now: {error}") from error


@contextmanager
def _explained() -> Iterator[None]:
    """What a server that says nothing means for an order."""
    try:
        yield
    except Unreached as error:
        raise EngineUnavailable(f"the upstream takes no orders now: {error}") from error
    except Silent as error:
        raise OutcomeUnknown(f"nobody knows whether the upstream took the order: {error}") from error


def _wait(run: Run, progress: float) -> None:
    until = time.monotonic() + LOOK_SECONDS
    run.report(progress, "upstream: making the clip")
    while time.monotonic() < until:
        time.sleep(STEP_SECONDS)
        run.report(progress, "upstream: making the clip")


@contextmanager
def _called_off(server: Server, order_id: str, run: Run) -> Iterator[None]:
    """Delete the order when the task is canceled; leave it when another attempt will go on from here.

    What is called off is forgotten; what is remembered is called off later.
    """
    try:
        yield
    except HandedOver:
        raise
    except Canceled:
        with suppress(Silent):
            server.delete(order_id)
            run.remember("")
        raise
