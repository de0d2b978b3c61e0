"""Where attempts run: on this machine, or on a cluster."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import structlog

from omnireel.app.consultant import consultant
from omnireel.app.engines import configured, default_spec
from omnireel.app.kernel_folder import kernel_folder
from omnireel.app.limits import local_limits
from omnireel.app.node import OPENER, sent
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.errors import CannotStart, EngineUnavailable, NotFound
from omnireel.execution.cluster.executor import RayExecutor
from omnireel.execution.cluster.messages import Shape, Terms
from omnireel.execution.local import LocalExecutor
from omnireel.settings import Settings
from omnireel.storage.base import BlobStore
from omnireel.version import __version__

log = structlog.get_logger(__name__)


def open_executor(settings: Settings, scratch: Path, blobs: BlobStore) -> LocalExecutor | RayExecutor:
    """The one that the settings name. Raises CannotStart when it needs what is not installed."""
    if settings.executor == "ray":
        return ray_executor(settings, scratch)
    return LocalExecutor(
        scratch,
        blobs,
        slots=settings.workers,
        cache=kernel_folder(settings),
        limits=local_limits(settings),
        sandbox_mode=settings.sandbox,
        # An operator may name a class of their own, `module:Class`; callers cannot.
        engines=(settings.engine,) if ":" in settings.engine else (),
        configured=configured(settings),
        consultant=consultant(settings),
    )


def ray_executor(settings: Settings, scratch: Path) -> RayExecutor:
    """Raises CannotStart without Ray. Whether there is a cluster shows later."""
    if find_spec("ray") is None:
        raise CannotStart(
            "setting 'executor' is 'ray', which needs more packages: pip install 'omnireel[ray]'"
        )
    shapes = cache(lambda engine: shape_of(settings, engine))
    return RayExecutor(
        scratch,
        Terms(OPENER, sent(settings), __version__),
        shape_of=shapes,
        usual=shapes(settings.engine),
        most=settings.ray_attempts,
        waiting=settings.ray_waiting,
        spread=settings.ray_placement == "spread",
        grace=settings.stop_grace_seconds,
    )


def shape_of(settings: Settings, engine: str) -> Shape:
    """What an attempt with an engine takes of a node, by what the engine says of itself."""
    spec = default_spec(settings) if engine == settings.engine else configured(settings).get(engine)
    if ":" in engine and spec is None:
        # Callers cannot name a class; the node will refuse it.
        return Shape()
    try:
        wanted = make_engine(engine, spec or EngineSpec(engine), threads=1).capabilities
    except (EngineUnavailable, NotFound) as error:
        log.warning("engine_shape_unknown", engine=engine, reason=str(error))
        return Shape()
    return Shape(settings.engine_threads or wanted.cpus, wanted.gpus, wanted.memory_bytes)
