"""A model: something a caller can ask for, with the rules a body must keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from omnireel.catalog.fields import choice, forbidden
from omnireel.catalog.rules import Body, Rule
from omnireel.errors import MissingParameter
from omnireel.models import MediaLimits

_ENGINE_PROSE = "The engine that shall make the video, where the operator lets callers choose."
_NOTED_NAMES = 20
_NOTED_LENGTH = 64


@dataclass(frozen=True)
class Terms:
    """What this server's operator decides about every model.

    `strict` refuses unknown fields instead of noting them; `engines` are the names a caller may choose from;
    `media` is what inputs may measure, published here and judged where they are read.
    """

    strict: bool = False
    engines: tuple[str, ...] = ()
    media: MediaLimits = field(default_factory=MediaLimits)

    def rules(self) -> tuple[Rule, ...]:
        if not self.engines:
            return (forbidden("engine", _ENGINE_PROSE, "cannot be chosen on this server"),)
        return (choice("engine", _ENGINE_PROSE, self.engines),)


@dataclass(frozen=True)
class Model:
    """One entry of the catalogue. `rules` is its whole table, fields first, each id once."""

    provider: str
    model_id: str
    display_name: str
    description: str
    rules: tuple[Rule, ...]
    durations: tuple[int, ...]
    """Seconds a video may take where no source video sets its length."""
    example: Mapping[str, object]

    @property
    def slug(self) -> str:
        return f"{self.provider}/{self.model_id}"

    def table(self, terms: Terms) -> tuple[Rule, ...]:
        """The model's rules and the operator's.

        Fields come before conditions, which may so rely on types, and what only the server judges comes last.
        """
        rules = (*self.rules, *terms.rules())
        known = frozenset(rule.field for rule in rules)
        unknown = (unknown_fields(known),) if terms.strict else ()
        return tuple(sorted((*rules, *unknown), key=lambda rule: (rule.schema is None, rule.conditional)))


def unknown_fields(known: frozenset[str]) -> Rule:
    """The rule of a strict server: no field that the table does not know."""

    def check(body: Body) -> None:
        for name in strangers(body, known):
            raise MissingParameter(f"parameter {name!r} is not known")

    return Rule("unknown-fields", "", "Fields not listed here are refused.", {}, check, conditional=True)


def strangers(body: Body, known: frozenset[str]) -> tuple[str, ...]:
    """The first few names in the body that are not known, cut to a readable length."""
    names = [name[:_NOTED_LENGTH] for name in body if name not in known]
    return tuple(names[:_NOTED_NAMES])
