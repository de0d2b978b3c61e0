"""Which engines a request may go to, in which order: what the operator prefers, as far as they can do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from omnireel.director.direct import direct
from omnireel.engines.base import Engine
from omnireel.errors import CannotStart, InvalidRequest
from omnireel.models import JobKind, Mode, PassedOver, VideoRequest
from omnireel.tasks.route import Route, Stop, route_of


@dataclass(frozen=True)
class Leg:
    """An engine and when it is wanted. None in a field means always."""

    engine: str
    modes: frozenset[Mode] | None = None
    kinds: frozenset[JobKind] | None = None
    longest: float | None = None
    """Seconds of output. A request whose source sets the length counts as `source_seconds`."""
    teams: frozenset[str] | None = None


@dataclass(frozen=True)
class Asked:
    """A request, and whose. Its kind is found out only where somebody asks for it."""

    team: str
    request: VideoRequest
    source_seconds: float

    @cached_property
    def kind(self) -> JobKind:
        return direct(self.request).kind

    @property
    def seconds(self) -> float:
        return self.source_seconds if self.request.duration is None else self.request.duration


class Router:
    """Routes for requests that name no engine: by the model's `legs`, else to the `default` engine.

    Raises CannotStart for a leg whose engine is not among `engines`. `source_seconds` is how long a source
    video may be.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        default: str,
        legs: Mapping[str, Sequence[Leg]] | None = None,
        *,
        source_seconds: float = 10.0,
    ) -> None:
        self._engines = engines
        self._default = default
        self._legs = dict(legs or {})
        self._source_seconds = source_seconds
        for model, chosen in self._legs.items():
            for leg in chosen:
                if leg.engine not in engines:
                    raise CannotStart(
                        f"setting 'routes.{model}' names engine {leg.engine!r}, which is not here"
                    )

    def choose(self, team: str, request: VideoRequest) -> tuple[str, Route]:
        """The engine to begin with, and the way from there. Raises InvalidRequest when there is none."""
        legs = self._legs.get(request.model)
        if request.engine is not None or not legs:
            return self._named(request.engine or self._default, request)
        asked = Asked(team, request, self._source_seconds)
        found, passed = self._suited(legs, asked)
        if not found:
            why = "; ".join(f"{each.engine}: {each.reason}" for each in passed)
            raise InvalidRequest(f"no engine of this server can do this ({why})")
        return route_of(found, passed)

    def _named(self, name: str, request: VideoRequest) -> tuple[str, Route]:
        if name not in self._engines:
            known = ", ".join(sorted(self._engines))
            raise InvalidRequest(f"parameter 'engine' must be one of {known}", field="engine")
        engine = self._engines[name]
        engine.check(request)
        able = engine.capabilities.kinds
        if able != frozenset(JobKind) and (kind := direct(request).kind) not in able:
            raise InvalidRequest(f"engine {name!r} cannot do {kind}; it does {', '.join(sorted(able))}")
        return route_of([Stop(name, engine.capabilities.paid)], ())

    def _suited(self, legs: Sequence[Leg], asked: Asked) -> tuple[list[Stop], list[PassedOver]]:
        found, passed = list[Stop](), list[PassedOver]()
        for leg in legs:
            engine = self._engines[leg.engine]
            reason = _unwanted(leg, asked) or _unable(engine, asked)
            if reason is None:
                found.append(Stop(leg.engine, engine.capabilities.paid))
            elif not found:
                passed.append(PassedOver(leg.engine, reason))
        return found, passed


def _unwanted(leg: Leg, asked: Asked) -> str | None:
    """Why the operator does not want this engine for it."""
    if leg.teams is not None and asked.team not in leg.teams:
        return "not for this team"
    if leg.modes is not None and asked.request.mode not in leg.modes:
        return f"not for mode {asked.request.mode}"
    if leg.longest is not None and asked.seconds > leg.longest:
        return f"not for more than {leg.longest:g} seconds"
    if leg.kinds is not None and asked.kind not in leg.kinds:
        return f"not for {asked.kind}"
    return None


def _unable(engine: Engine, asked: Asked) -> str | None:
    """Why this engine cannot do it."""
    able = engine.capabilities
    if asked.request.sound and not able.sound:
        return "makes no sound"
    if asked.request.multi_shot and not able.multi_shot:
        return "makes no several shots"
    if able.kinds != frozenset(JobKind) and asked.kind not in able.kinds:
        return f"cannot do {asked.kind}"
    try:
        engine.check(asked.request)
    except InvalidRequest as error:
        return str(error)
    return None
