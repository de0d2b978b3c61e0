"""Clips made by inference servers beside us: SGLang-Diffusion and vLLM-Omni."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Final

import httpx2

from omnireel.engines.base import Capabilities, Run
from omnireel.engines.sidecar.asking import asking
from omnireel.engines.sidecar.options import Dialect, SidecarOptions
from omnireel.engines.sidecar.server import Forgotten, RemoteJob, Server, Silent, opened
from omnireel.engines.spec import Options
from omnireel.errors import (
    Canceled,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    HandedOver,
    InvalidRequest,
)
from omnireel.media.adopt import Wanted, adopt
from omnireel.media.canvas import shortfall
from omnireel.media.sniff import sniff
from omnireel.models import AspectRatio, Clip, Job, MediaKind, VideoRequest

LOOK_SECONDS: Final = 1.0
STEP_SECONDS: Final = 0.1
STOP_SECONDS: Final = 3.0
"""How long a server may take to let go of a job."""
MOST_LOST: Final = 1
"""How often a job that a server has lost is begun anew."""
SQUARISH: Final = 1.25
"""Sides that differ by less than this factor make a square."""
SUBMITTED, MADE = 0.02, 0.94


@dataclass(frozen=True)
class Held:
    """What is remembered: which server has the job, and how often one was lost before."""

    origin: str
    job_id: str
    lost: int = 0


class SidecarEngine:
    """One job at a time for each server; the database, not the server, knows what is to be done."""

    name = "sidecar"
    Options: ClassVar[type[Options]] = SidecarOptions

    def __init__(self, *, threads: int, options: SidecarOptions) -> None:
        self._threads = threads
        self._options = options
        self.capabilities = Capabilities(
            kinds=options.kinds, sound=options.sound, network=True, slots=options.replicas, directed=False
        )

    def check(self, request: VideoRequest) -> None:
        """Refuses what the model could never take."""
        most = self._options.pictures
        if len(request.images) > most:
            raise InvalidRequest(
                f"the model takes {most} pictures, got {len(request.images)}", field="images"
            )
        if self._options.single and len(request.inputs) > 1:
            raise InvalidRequest(
                f"the model takes one input, a picture or a video, got {len(request.inputs)}", field="images"
            )
        if request.duration is not None and request.duration > self._options.longest:
            raise InvalidRequest(
                f"the model makes {self._options.longest:g} seconds at most, got {request.duration}",
                field="duration",
            )

    def prepare(self, scratch: Path) -> None:
        """Needs nothing."""

    def close(self) -> None:
        """Holds nothing between clips."""

    def recall(self, note: str) -> None:
        """Stops the job, where the server can. Raises EngineUnavailable while it does not answer."""
        held = Held(**json.loads(note)) if note else None
        if held is None or not held.job_id or self._options.dialect is not Dialect.VLLM_OMNI:
            return
        with self._opened() as http:
            try:
                Server(held.origin, http).delete(held.job_id)
            except Silent as error:
                raise EngineUnavailable(f"the job cannot be stopped now: {error}") from error

    def generate(self, job: Job, run: Run) -> Clip:
        """Raises EngineUnavailable while nothing is begun, then EngineFailed and EngineLost."""
        seconds = _seconds(job.request, run)
        with self._opened() as http:
            fetched = self._made(http, job, run, seconds)
        wanted = Wanted(sound=job.request.sound or job.request.keep_original_sound, seconds=seconds)
        clip = adopt(fetched, run, wanted, threads=self._threads, prompt=job.request.prompt)
        if (short := shortfall(clip.width, clip.height, job.request.mode)) is not None:
            run.warn(short)
        run.report(1.0, "done")
        return clip

    def _opened(self) -> AbstractContextManager[httpx2.Client]:
        key = self._options.api_key
        return opened(key.get_secret_value() if key else None)

    def _made(self, http: httpx2.Client, job: Job, run: Run, seconds: float) -> Path:
        held = Held(**json.loads(run.note)) if run.note else None
        while True:
            try:
                if held is None or not held.job_id:
                    held = self._begin(http, job, run, seconds, lost=held.lost if held else 0)
                return self._followed(Server(held.origin, http), held.job_id, run)
            except Forgotten:
                lost = held.lost + 1 if held else 1
                if lost > MOST_LOST:
                    raise EngineLost("the inference server lost the job, and then lost it again") from None
                held = Held("", "", lost)
                run.remember(json.dumps(asdict(held)))

    def _begin(self, http: httpx2.Client, job: Job, run: Run, seconds: float, *, lost: int) -> Held:
        server = self._free_server(http, run)
        aspect = _aspect(job.request, run)
        asked = asking(self._options, job, aspect=aspect, seconds=seconds, seed=run.seed)
        try:
            begun = server.submit(asked, {ref: run.open(ref) for ref in job.request.inputs})
        except Silent as error:
            raise EngineUnavailable(f"the inference server took no job: {error}") from error
        for warning in asked.warnings:
            run.warn(warning)
        held = Held(server.origin, begun.job_id, lost)
        run.remember(json.dumps(asdict(held)))
        return held

    def _free_server(self, http: httpx2.Client, run: Run) -> Server:
        """One that is well, works on nothing, and that no other attempt of this machine has."""
        servers = [Server(origin, http, self._options.health) for origin in self._options.replicas]
        until = time.monotonic() + self._options.wait_seconds
        while True:
            well = [(slot, server) for slot, server in enumerate(servers) if server.healthy()]
            if not well:
                raise EngineUnavailable(f"none of {len(servers)} inference servers answers")
            for slot, server in well:
                if run.hold(slot):
                    with suppress(Silent):
                        if not server.busy():
                            return server
                    run.let_go(slot)
            if time.monotonic() >= until:
                raise EngineUnavailable(f"{len(well)} inference servers are busy with other work")
            _pause(run, 0.0, "waiting for a free inference server")

    def _followed(self, server: Server, job_id: str, run: Run) -> Path:
        """The finished file. Raises Forgotten."""
        began = seen = time.monotonic()
        self._take_again(server, run)
        with self._called_off(server, job_id, run):
            while True:
                try:
                    job = server.job(job_id)
                except Silent as error:
                    if time.monotonic() - seen > self._options.patience_seconds:
                        raise EngineLost(f"the inference server went away: {error}") from error
                    job = None
                else:
                    seen = time.monotonic()
                elapsed = time.monotonic() - began
                if job is not None and job.status == "completed":
                    return self._fetched(server, job_id, run)
                self._check(job, elapsed)
                _pause(run, SUBMITTED + (MADE - SUBMITTED) * self._share(job, elapsed), "making the clip")

    def _take_again(self, server: Server, run: Run) -> None:
        """An earlier attempt may have begun the job: then its server has still to be held by this one."""
        if server.origin in self._options.replicas:
            run.hold(self._options.replicas.index(server.origin))

    def _check(self, job: RemoteJob | None, elapsed: float) -> None:
        if job is not None and job.status not in {"queued", "in_progress"}:
            raise EngineFailed(f"the inference server failed: {job.error}")
        if elapsed > self._options.deadline_seconds:
            raise EngineFailed(
                f"the inference server took longer than {self._options.deadline_seconds:g} seconds"
            )

    def _share(self, job: RemoteJob | None, elapsed: float) -> float:
        """How much is done: as told, or by the time it usually takes."""
        if job is not None and 0 < job.progress < 1:
            return job.progress
        return min(0.95, elapsed / self._options.expected_seconds)

    def _fetched(self, server: Server, job_id: str, run: Run) -> Path:
        run.report(MADE, "fetching")
        path = run.scratch / "fetched"
        try:
            server.fetch(job_id, path)
        except Silent as error:
            raise EngineLost(f"the clip is made and cannot be fetched: {error}") from error
        with suppress(Silent):
            server.delete(job_id)
        return path

    @contextmanager
    def _called_off(self, server: Server, job_id: str, run: Run) -> Iterator[None]:
        """Stop the job when nobody wants it any more, where the server can.

        SGLang would only forget it and go on; left in its list, the job shows that the server is busy.
        """
        try:
            yield
        except HandedOver:
            raise
        except (Canceled, EngineFailed):
            if self._options.dialect is Dialect.VLLM_OMNI and _stopped(server, job_id):
                run.remember("")
            raise


def _stopped(server: Server, job_id: str) -> bool:
    """Whether the server has let go of a job."""
    until = time.monotonic() + STOP_SECONDS
    with suppress(Silent):
        while not server.delete(job_id):
            if time.monotonic() >= until:
                return False
            time.sleep(STEP_SECONDS)
        return True
    return False


def _pause(run: Run, progress: float, note: str) -> None:
    until = time.monotonic() + LOOK_SECONDS
    run.report(progress, note)
    while time.monotonic() < until:
        time.sleep(STEP_SECONDS)
        run.report(progress, note)


def _seconds(request: VideoRequest, run: Run) -> float:
    """The clip's length: as asked, or the source's."""
    if request.duration is not None:
        return float(request.duration)
    return sniff(run.open(request.videos[0]), MediaKind.VIDEO).duration or 5.0


def _aspect(request: VideoRequest, run: Run) -> AspectRatio:
    """As asked, or the nearest to the first input's."""
    if request.aspect_ratio is not None or not request.inputs:
        return request.aspect_ratio or AspectRatio.WIDE
    source = sniff(run.open((*request.videos, *request.images)[0]))
    shape = source.width / source.height
    if 1 / SQUARISH < shape < SQUARISH:
        return AspectRatio.SQUARE
    return AspectRatio.WIDE if shape > 1 else AspectRatio.TALL
