"""Engines by name: the installed ones, found through the entry point group `omnireel.engines`.

Our own engines come through the same door as other people's. An operator may also name `module:Class`;
callers may not, so what they send must be checked against `engine_names()` and what is configured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from omnireel.engines.base import Engine, Model
from omnireel.engines.spec import EngineSpec, Options, checked, needs_options, secrets_in
from omnireel.errors import CannotStart, EngineUnavailable, NotFound

GROUP = "omnireel.engines"


def engine_names() -> tuple[str, ...]:
    """The installed engines' names, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def load_engine(name: str, *, threads: int) -> Engine:
    """A new engine. `name` is an installed engine's, or `module:Class` from somebody trusted.

    `threads` (1 or more) is how many it may use. Raises NotFound when there is no such engine and
    EngineUnavailable when it cannot run on this machine.
    """
    return make_engine(name, EngineSpec(name), threads=threads)


def make_engine(name: str, spec: EngineSpec, *, threads: int) -> Engine:
    """A new engine as configured under a name. Raises like `load_engine`, and CannotStart for its options."""
    factory = _factory(spec.kind)
    return cast("Engine", _made(name, factory, _options(factory, name, spec.options), threads))


def make_model(name: str, spec: EngineSpec, *, threads: int) -> Model:
    """What an engine wants to have loaded between attempts. Raises like `make_engine`."""
    factory = _factory(spec.kind)
    model = cast("Callable[..., object] | None", getattr(factory, "model", None))
    if model is None:
        raise EngineUnavailable(f"engine {name!r} has no model to keep")
    return cast("Model", _made(name, model, _options(factory, name, spec.options), threads))


def _made(name: str, factory: Callable[..., object], told: Options | None, threads: int) -> object:
    try:
        return factory(threads=threads) if told is None else factory(threads=threads, options=told)
    except EngineUnavailable:
        raise
    except (ImportError, OSError) as error:
        raise EngineUnavailable(f"engine {name!r} cannot run here: {error}") from error


def standing_names() -> tuple[str, ...]:
    """The installed engines that can be used without being told anything."""
    return tuple(name for name in engine_names() if not _must_be_told(name))


def secrets_of(name: str, spec: EngineSpec) -> tuple[str, ...]:
    """What of an engine's options nobody may see."""
    return tuple(secrets_in(_options(_factory(spec.kind), name, spec.options)))


def _must_be_told(name: str) -> bool:
    try:
        form = _form(_factory(name))
    except EngineUnavailable:
        # What is missing is found, and told, by whoever makes one.
        return False
    return form is not None and needs_options(form)


def _form(factory: Callable[..., Engine]) -> type[Options] | None:
    return cast("type[Options] | None", getattr(factory, "Options", None))


def _options(factory: Callable[..., Engine], name: str, options: Mapping[str, Any]) -> Options | None:
    form = _form(factory)
    if form is not None:
        return checked(form, name, options)
    if options:
        raise CannotStart(f"setting 'engines.{name}': this kind of engine can be told nothing")
    return None


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
