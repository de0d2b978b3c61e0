"""How this machine starts a child process: its order, its box, its clean environment."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from omnireel.crashpoints import crash_variable
from omnireel.engines.base import Engine
from omnireel.engines.registry import make_engine, secrets_of
from omnireel.engines.spec import EngineSpec
from omnireel.errors import AttemptError, EngineUnavailable, NotFound
from omnireel.execution.base import Attempt
from omnireel.execution.boxing import box_of
from omnireel.execution.child_logs import private_words
from omnireel.execution.kernels import KernelCache
from omnireel.execution.models import ModelKeepers
from omnireel.execution.process import ChildProcess
from omnireel.execution.protocol import Bounds, Consultant, Egress, Order, Phase, encode_order
from omnireel.execution.scratch import Parts
from omnireel.media.sandbox import PATH, PYTHON, SandboxLevel, enclosed, program_files
from omnireel.models import MediaLimits

MIB = 1024 * 1024
TRUSTED = frozenset({Phase.PREPARE, Phase.RENDER, Phase.RECALL})
"""Phases that run the engine, and so are told what it is told."""

_CARDS: Final = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")
"""Which graphics cards are this process's, and so its children's."""


@dataclass(frozen=True)
class LocalLimits:
    """What one attempt may use and how long it may take. Bytes, seconds."""

    media: MediaLimits = field(default_factory=MediaLimits)
    memory: int = 4096 * MIB
    threads: int = 1
    disk: int = 8192 * MIB
    """All files of an attempt together."""
    attempt_seconds: float = 1800.0
    fetch_seconds: float = 60.0
    """Per input."""
    stop_grace_seconds: float = 5.0
    allow_private: bool = False
    """Let inputs come from private networks."""
    models: int = 1
    """How many engines' models stay loaded at a time."""


class Launcher:
    """Starts children, all from one thread: the kernel ends a child with the thread that started it."""

    def __init__(
        self,
        limits: LocalLimits,
        level: SandboxLevel,
        kernels: KernelCache,
        engines: Collection[str],
        configured: Mapping[str, EngineSpec],
        locks: Path,
        models: Path,
        consultant: Consultant | None = None,
    ) -> None:
        self._consultant = consultant
        self._locks = locks
        self._configured = dict(configured)
        self._limits = limits
        self._level = level
        self._kernels = kernels
        self._allowed = frozenset(engines)
        self._engine = cache(self._load)
        self._models = ModelKeepers(models, threads=limits.threads, keep=limits.models)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="start-attempts")

    def start(self, phase: Phase, parts: Parts, engine: str, attempt: Attempt | None = None) -> ChildProcess:
        """Start a child for one phase. Raises AttemptError or NotFound for the engine, OSError for the
        machine.
        """
        order = self._order(phase, parts, engine, attempt)
        return self._thread.submit(self._spawn, order).result()

    def close(self) -> None:
        self._thread.shutdown()
        self._models.close()

    def _spawn(self, order: Order) -> ChildProcess:
        parts = Parts(order.folder)
        kernels = kernel_folder(parts)
        if order.phase is Phase.RENDER:
            self._kernels.copy(order.engine, kernels)
        else:
            kernels.mkdir(exist_ok=True)
        slots = self._open_slots(order)
        lease, link = self._lease(order)
        given = slots if link < 0 else (*slots, link)
        try:
            child = ChildProcess(
                enclosed([*PYTHON, "-m", "omnireel.execution.child"], box_of(order), order.layers),
                lambda events: encode_order(replace(order, events=events, slots=slots, link=link)),
                environment=_environment(parts, self._limits.threads),
                folder=parts.work,
                inherited=given,
            )
        finally:
            # The child has its own; a lock lives as long as the last of them.
            for descriptor in given:
                os.close(descriptor)
        if lease:
            self._models.at(self._place(order)).follow(lease, child.pid)
        return child

    def _lease(self, order: Order) -> tuple[int, int]:
        """A turn with the engine's model: its number and its link, or two that stand for none."""
        place = self._place(order)
        if order.phase is not Phase.RENDER or not place:
            return 0, -1
        spec = EngineSpec(order.kind, order.options)
        private = (*private_words(order.request), *self.secrets(order.engine))
        return self._models.at(place).lend(order.engine, spec, order.task, private)

    def _place(self, order: Order) -> str:
        return self._engine(order.engine).capabilities.model

    def _open_slots(self, order: Order) -> tuple[int, ...]:
        """The lock files of an engine's slots, each opened for this attempt alone."""
        names = self._engine(order.engine).capabilities.slots if order.phase is Phase.RENDER else ()
        if names:
            self._locks.mkdir(parents=True, exist_ok=True)
        # By what they stand for: two engines, or two servers of ours, may share it.
        paths = [self._locks / f"{sha256(name.encode()).hexdigest()[:32]}.lock" for name in names]
        return tuple(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600) for path in paths)

    def _order(self, phase: Phase, parts: Parts, engine: str, attempt: Attempt | None) -> Order:
        limits, able = self._limits, self._engine(engine).capabilities
        spec = self._spec(engine) if phase in TRUSTED else EngineSpec("")
        return Order(
            kind=spec.kind,
            options=spec.options,
            phase=phase,
            engine=engine,
            seed=attempt.seed if attempt else 0,
            folder=parts.folder,
            parent=os.getpid(),
            events=-1,
            layers=self._level.layers,
            readable=(*program_files(), *able.files),
            network=able.network,
            bounds=Bounds(
                cpu_seconds=int(limits.attempt_seconds * limits.threads) + 30,
                memory=limits.memory,
                threads=limits.threads,
            ),
            limits=limits.media,
            egress=Egress(allow_private=limits.allow_private, seconds=limits.fetch_seconds),
            note=attempt.note if attempt else "",
            request=attempt.request if attempt else None,
            task=attempt.task_id if attempt else "",
            attempt=attempt.number if attempt else 0,
            trace=attempt.trace if attempt else "",
            spritesheet=attempt.spritesheet if attempt else False,
            consultant=self._consultant if phase is Phase.CONSULT else None,
            consulted=phase is Phase.RENDER and self.consults(engine) is not None,
        )

    def consults(self, engine: str) -> Consultant | None:
        """Who is asked before this engine works; nobody for one that would not go by it, or is not there."""
        try:
            return self._consultant if self._engine(engine).capabilities.directed else None
        except (AttemptError, NotFound):
            return None

    def secrets(self, engine: str) -> Collection[str]:
        """What an attempt with an engine is told and nobody else may see."""
        spec = self._configured.get(engine)
        key = self._consultant.api_key if self._consultant else ""
        return (*([key] if key else []), *(() if spec is None else secrets_of(engine, spec)))

    def _spec(self, name: str) -> EngineSpec:
        return self._configured.get(name) or EngineSpec(name)

    def _load(self, name: str) -> Engine:
        if ":" in name and name not in self._allowed and name not in self._configured:
            raise EngineUnavailable(f"engine {name!r} is not one the operator allows")
        return make_engine(name, self._spec(name), threads=self._limits.threads)


def kernel_folder(parts: Parts) -> Path:
    """Where a child's kernel cache is."""
    return parts.home / "kernels"


def _environment(parts: Parts, threads: int) -> dict[str, str]:
    """Everything a child finds in its environment: nothing of ours."""
    return {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "HOME": str(parts.home),
        "TMPDIR": str(parts.home),
        "NUMBA_CACHE_DIR": str(kernel_folder(parts)),
        "NUMBA_NUM_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        # The order of a set must not make two runs of one seed differ.
        "PYTHONHASHSEED": "0",
        **{name: os.environ[name] for name in _CARDS if name in os.environ},
        **crash_variable(),
    }
