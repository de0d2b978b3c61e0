"""Rules about one field: its type, its values, its size. Null means absent for every optional field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

from omnireel.catalog.rules import Body, Rule, Schema
from omnireel.catalog.wording import kind_of, listed, shown
from omnireel.errors import InvalidFormat, MissingParameter, OutOfRange

Shape = Callable[[str, object], None]
"""Judges one value; the first argument is its name for the message."""


def text(name: str, prose: str, *, shortest: int = 0, longest: int, required: bool = False) -> Rule:
    """A string of `shortest` to `longest` Unicode code points."""
    kinds = "string" if required else ["string", "null"]
    schema = {"type": kinds, "minLength": shortest, "maxLength": longest}

    def judge(label: str, value: object) -> None:
        if not isinstance(value, str):
            raise InvalidFormat(f"parameter '{label}' must be a string, got {kind_of(value)}")
        if not shortest <= len(value) <= longest:
            limit = f"parameter '{label}' must be {shortest} to {longest} characters long"
            raise OutOfRange(f"{limit}, got {len(value)}")

    return _field(name, prose, schema, judge, required=required)


def choice(name: str, prose: str, values: Sequence[str], *, default: str | None = None) -> Rule:
    """One of a few words."""
    schema: dict[str, Any] = {"type": ["string", "null"], "enum": [*values, None]}
    return _field(name, prose, _with_default(schema, default), _word(values))


def flag(name: str, prose: str) -> Rule:
    """True or false, false when absent."""

    def judge(label: str, value: object) -> None:
        if not isinstance(value, bool):
            raise InvalidFormat(f"parameter '{label}' must be true or false, got {kind_of(value)}")

    return _field(name, prose, _with_default({"type": ["boolean", "null"]}, default=False), judge)


def whole(
    name: str, prose: str, *, least: int | None = None, most: int | None = None, default: int | None = None
) -> Rule:
    """A whole number. 5.0 is one, as in JSON Schema; true is not."""
    limits = {"minimum": least, "maximum": most}
    schema: dict[str, Any] = {"type": ["integer", "null"]}
    schema |= {key: limit for key, limit in limits.items() if limit is not None}

    def judge(label: str, value: object) -> None:
        if not is_whole(value):
            raise InvalidFormat(f"parameter '{label}' must be a whole number, got {_kind_of_number(value)}")
        if least is not None and most is not None and not least <= value <= most:
            raise OutOfRange(f"parameter '{label}' must be {least} to {most}{shown(value)}")

    return _field(name, prose, _with_default(schema, default), judge)


def media(name: str, prose: str, *, most: int) -> Rule:
    """1 to `most` non-empty strings, each a URL or Base64. What they hold is looked at elsewhere."""
    item: Schema = {"type": "string", "minLength": 1}
    return _field(name, prose, _list_schema(item, most), _each(_not_empty, most))


def choices(name: str, prose: str, values: Sequence[str], *, most: int, once: Sequence[str] = ()) -> Rule:
    """1 to `most` words out of `values`; those in `once` may stand at most one time."""
    schema = dict(_list_schema({"enum": list(values)}, most))
    schema["allOf"] = [{"contains": {"const": word}, "minContains": 0, "maxContains": 1} for word in once]
    judge_words = _each(_word(values), most)

    def judge(label: str, value: object) -> None:
        judge_words(label, value)
        for word in once:
            if isinstance(value, list) and value.count(word) > 1:
                raise OutOfRange(
                    f"parameter '{label}' must name '{word}' at most once, got {value.count(word)}"
                )

    return _field(name, prose, schema, judge)


def forbidden(name: str, prose: str, complaint: str) -> Rule:
    """A field this server does not take."""

    def judge(label: str, value: object) -> None:
        raise MissingParameter(f"parameter '{label}' {complaint}")

    return _field(name, prose, {"type": "null"}, judge)


def is_whole(value: object) -> TypeGuard[int | float]:
    """Whether JSON Schema would call the value an integer."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1


def _field(name: str, prose: str, schema: Schema, judge: Shape, *, required: bool = False) -> Rule:
    rule_id = name.replace("_", "-")

    def check(body: Body) -> None:
        if name in body:
            judge(name, body[name])
        elif required:
            raise MissingParameter(f"parameter '{name}' is required")

    return Rule(rule_id, name, prose, schema, check)


def _with_default(schema: Schema, default: object) -> Schema:
    return schema if default is None else {**schema, "default": default}


def _list_schema(item: Schema, most: int) -> Schema:
    return {"type": ["array", "null"], "minItems": 1, "maxItems": most, "items": item}


def _word(values: Sequence[str]) -> Shape:
    def judge(label: str, value: object) -> None:
        if not isinstance(value, str):
            raise InvalidFormat(f"parameter '{label}' must be a string, got {kind_of(value)}")
        if value not in values:
            raise OutOfRange(f"parameter '{label}' must be {listed(values)}{shown(value)}")

    return judge


def _each(judge_item: Shape, most: int) -> Shape:
    def judge(label: str, value: object) -> None:
        if not isinstance(value, list):
            raise InvalidFormat(f"parameter '{label}' must be an array of strings, got {kind_of(value)}")
        if not 1 <= len(value) <= most:
            entries = "exactly 1 entry" if most == 1 else f"1 to {most} entries"
            raise OutOfRange(f"parameter '{label}' must have {entries}, got {len(value)}")
        for place, item in enumerate(value):
            judge_item(f"{label}[{place}]", item)

    return judge


def _not_empty(label: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidFormat(f"parameter '{label}' must be a URL or Base64 string, got {kind_of(value)}")
    if not value:
        raise InvalidFormat(f"parameter '{label}' must be a URL or Base64, got an empty string")


def _kind_of_number(value: object) -> str:
    return f"{value}" if isinstance(value, float) else kind_of(value)
