"""The engines of this server, by the names they go by here."""

from __future__ import annotations

import structlog

from omnireel.engines.base import Engine
from omnireel.engines.registry import make_engine, standing_names
from omnireel.engines.spec import EngineSpec
from omnireel.errors import EngineUnavailable
from omnireel.settings import Settings

log = structlog.get_logger(__name__)


def configured(settings: Settings) -> dict[str, EngineSpec]:
    """Those that the settings describe."""
    return {name: EngineSpec(table.kind, table.options) for name, table in settings.engines.items()}


def default_spec(settings: Settings) -> EngineSpec:
    """The engine that serves requests which name none."""
    return configured(settings).get(settings.engine) or EngineSpec(settings.engine)


def open_engines(settings: Settings) -> dict[str, Engine]:
    """The engines that can run here.

    Raises NotFound and EngineUnavailable when the default cannot, and CannotStart for a bad table.
    """
    specs = {name: EngineSpec(name) for name in standing_names()} | configured(settings)
    engines = {settings.engine: make_engine(settings.engine, default_spec(settings), threads=1)}
    for name in specs.keys() - engines.keys():
        try:
            engines[name] = make_engine(name, specs[name], threads=1)
        except EngineUnavailable as error:
            log.warning("engine left out", engine=name, reason=str(error))
    return engines
