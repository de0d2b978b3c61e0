"""Engines by name: the installed ones, found through the entry point group `omnireel.engines`.

Our own engines come through the same door as other people's. An operator may also name `module:Class`;
callers may not, so what they send must be checked against `engine_names()`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from omnireel.engines.base import Engine
from omnireel.errors import EngineUnavailable, NotFound

GROUP = "omnireel.engines"


def engine_names() -> tuple[str, ...]:
    """The installed engines' names, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def load_engine(name: str, *, threads: int) -> Engine:
    """A new engine. `name` is an installed engine's, or `module:Class` from somebody trusted.

    `threads` (1 or more) is how many it may use. Raises NotFound when there is no such engine and
    EngineUnavailable when it cannot run on this machine.
    """
    factory = _factory(name)
    try:
        return factory(threads=threads)
    except EngineUnavailable:
        raise
    except (ImportError, OSError) as error:
        raise EngineUnavailable(f"engine {name!r} cannot run here: {error}") from error


def _factory(name: str) -> Callable[..., Engine]:
    try:
        found = _named_class(name) if ":" in name else _installed(name).load()
    except (ImportError, OSError) as error:
        raise EngineUnavailable(f"engine {name!r} cannot be loaded: {error}") from error
    return cast("Callable[..., Engine]", found)


def _installed(name: str) -> EntryPoint:
    points = entry_points(group=GROUP, name=name)
    if not points:
        raise NotFound(f"no engine is called {name!r}; installed: {', '.join(engine_names()) or 'none'}")
    return next(iter(points))


def _named_class(name: str) -> object:
    module_name, _, attribute = name.partition(":")
    module = import_module(module_name)
    if attribute not in vars(module):
        raise NotFound(f"module {module_name!r} has no engine called {attribute!r}")
    found: object = vars(module)[attribute]
    return found
