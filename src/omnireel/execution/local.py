"""Attempts as child processes of this one."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from omnireel.engines.spec import EngineSpec
from omnireel.errors import EngineFailed, FetchFailed, NotFound, Unavailable
from omnireel.execution import scratch
from omnireel.execution.base import Attempt
from omnireel.execution.child_logs import private_words
from omnireel.execution.handle import LocalHandle
from omnireel.execution.inputs import input_paths
from omnireel.execution.kernels import KernelCache
from omnireel.execution.launching import Launcher, LocalLimits, kernel_folder
from omnireel.execution.process import ChildProcess
from omnireel.execution.protocol import Broke, Consultant, Done, Fell, Phase
from omnireel.execution.scratch import Parts, Scratch
from omnireel.media import sandbox
from omnireel.media.sandbox import SandboxMode
from omnireel.models import VideoRequest
from omnireel.storage.base import BlobStore

FETCH_MARGIN_SECONDS = 10.0
"""For starting a child that waits for others, on top of what these may take."""
RECALL_SECONDS = 60.0
PREPARE_SECONDS = 900.0
PREPARE_POLL_SECONDS = 0.02


class LocalExecutor:
    """Runs up to `slots` attempts at once, each in child processes with a scratch folder under
    `scratch_root`.

    `cache` keeps compiled kernels, and the locks of engines' slots. `engines` are names of the form
    `module:Class` that the operator allows beside the installed ones; `configured` are those that are told
    something; `consultant` is asked how to direct, for engines that go by it. Raises Unavailable when
    `sandbox_mode` is `required` and there is no sandbox.
    """

    def __init__(
        self,
        scratch_root: Path,
        blobs: BlobStore,
        *,
        slots: int,
        cache: Path,
        limits: LocalLimits | None = None,
        sandbox_mode: SandboxMode = "auto",
        engines: Collection[str] = (),
        configured: Mapping[str, EngineSpec] = MappingProxyType({}),
        consultant: Consultant | None = None,
    ) -> None:
        self._root = scratch_root.resolve()
        self._blobs = blobs
        self._slots = slots
        self._limits = limits or LocalLimits()
        self._kernels = KernelCache(cache.resolve())
        self._launcher = Launcher(
            self._limits,
            sandbox.level(sandbox_mode),
            self._kernels,
            engines,
            configured,
            cache.resolve() / "slots",
            cache.resolve() / "models",
            consultant,
        )
        # Twice as many as attempts: one whose attempt was killed may still be busy.
        self._porters = ThreadPoolExecutor(2 * slots, thread_name_prefix="bring-inputs")
        self._handles: set[LocalHandle] = set()
        self._starting = 0
        self._lock = Lock()

    def capacity(self) -> int:
        with self._lock:
            return max(0, self._slots - len(self._handles) - self._starting)

    def start(self, attempt: Attempt) -> LocalHandle:
        """Begin an attempt; what goes wrong from here on is its ending.

        Raises Unavailable when every slot is taken, and when the disk has no room for a scratch folder.
        """
        with self._lock:
            if len(self._handles) + self._starting >= self._slots:
                raise Unavailable(f"all {self._slots} places for attempts are taken")
            self._starting += 1
        try:
            handle = self._begin(attempt)
        finally:
            with self._lock:
                self._starting -= 1
        return handle

    def prepare(self, engine: str) -> None:
        """Let an engine fill its kernel cache, once for this version of everything. Seconds to minutes.

        Raises AttemptError when it cannot, NotFound when there is no such engine.
        """
        if self._kernels.ready(engine):
            return
        place = scratch.create(self._root)
        try:
            _await(self._launcher.start(Phase.PREPARE, place.parts, engine))
            self._kernels.adopt(engine, kernel_folder(place.parts))
        finally:
            place.remove()

    def close(self) -> None:
        with self._lock:
            handles = list(self._handles)
        for handle in handles:
            handle.close()
        self._porters.shutdown(wait=False, cancel_futures=True)
        self._launcher.close()

    def _begin(self, attempt: Attempt) -> LocalHandle:
        try:
            place = scratch.create(self._root)
        except OSError as error:
            raise Unavailable(f"no scratch folder can be made: {error}") from error
        try:
            handle = self._handle(attempt, place)
        except BaseException:
            place.remove()
            raise
        with self._lock:
            self._handles.add(handle)
        return handle

    def _handle(self, attempt: Attempt, place: Scratch) -> LocalHandle:
        return LocalHandle(
            place,
            self._phases(attempt),
            lambda phase: self._launcher.start(phase, place.parts, attempt.engine, attempt),
            bring=None if attempt.recall else self._bringing(attempt.request, place.parts),
            grace=self._limits.stop_grace_seconds,
            disk=self._limits.disk,
            note=attempt.note,
            private=private_words(attempt.request),
            secrets=self._launcher.secrets(attempt.engine),
            release=self._release,
        )

    def _bringing(self, request: VideoRequest, parts: Parts) -> Callable[[], Future[None]] | None:
        """Begins to bring the stored inputs, on a thread of its own: whoever polls must not wait for them."""
        if all(ref.blob_key is None for ref in request.inputs):
            return None
        return lambda: self._porters.submit(self._bring_blobs, request, parts)

    def _release(self, handle: LocalHandle) -> None:
        with self._lock:
            self._handles.discard(handle)

    def _phases(self, attempt: Attempt) -> list[tuple[Phase, float]]:
        if attempt.recall:
            return [(Phase.RECALL, RECALL_SECONDS)]
        remote = sum(ref.blob_key is None for ref in dict.fromkeys(attempt.request.inputs))
        asked = self._launcher.consults(attempt.engine)
        before = [
            *([(Phase.FETCH, remote * self._limits.fetch_seconds + FETCH_MARGIN_SECONDS)] if remote else []),
            *([(Phase.CONSULT, asked.seconds + FETCH_MARGIN_SECONDS)] if asked else []),
        ]
        return [*before, (Phase.RENDER, self._limits.attempt_seconds)]

    def _bring_blobs(self, request: VideoRequest, parts: Parts) -> None:
        """Raises FetchFailed for one that is no longer stored, OSError or StorageAway when reading fails."""
        for ref, path in input_paths(request, parts.inputs).items():
            if ref.blob_key is not None:
                # A fetching child could have left a link in its place.
                path.unlink(missing_ok=True)
                try:
                    self._blobs.get(ref.blob_key, path)
                except NotFound:
                    raise FetchFailed(f"an input {ref.kind} is no longer stored") from None


def _await(child: ChildProcess) -> None:
    """Wait for a preparing child. Raises EngineFailed unless it reports success."""
    deadline = time.monotonic() + PREPARE_SECONDS
    try:
        while not _prepared(child):
            if time.monotonic() > deadline:
                raise EngineFailed(f"preparing took longer than {PREPARE_SECONDS:g} seconds")
            time.sleep(PREPARE_POLL_SECONDS)
    finally:
        child.close()


def _prepared(child: ChildProcess) -> bool:
    exited = child.exited()
    for event in child.pump():
        match event:
            case Done():
                return True
            case Fell(message=reason) | Broke(reason=reason):
                raise EngineFailed(f"{reason}\n{child.log}".strip())
    if exited:
        raise EngineFailed(child.obituary())
    return False
