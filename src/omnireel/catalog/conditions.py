"""Rules between fields: *when* a condition holds, a consequence must."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from omnireel.catalog.rules import Body, Rule, Schema
from omnireel.catalog.wording import listed, shown
from omnireel.errors import MissingParameter, OutOfRange

_PRESENT: Schema = {"not": {"type": "null"}}


@dataclass(frozen=True)
class Condition:
    """Something a body may or may not be. `words` completes "…when …" in a message."""

    words: str
    schema: Schema
    holds: Callable[[Body], bool]


@dataclass(frozen=True)
class Consequence:
    """Something about one field that must follow. `check` gets the condition's words for its message."""

    field: str
    schema: Schema
    check: Callable[[Body, str], None]


def when(condition: Condition, consequence: Consequence, *, rule_id: str, prose: str) -> Rule:
    """The rule that the consequence holds wherever the condition does."""

    def check(body: Body) -> None:
        if condition.holds(body):
            consequence.check(body, f"when {condition.words}")

    schema = {"if": condition.schema, "then": consequence.schema}
    return Rule(rule_id, consequence.field, prose, schema, check, conditional=True)


def given(field: str) -> Condition:
    """The field is there and not null."""
    schema = {"required": [field], "properties": {field: _PRESENT}}
    return Condition(f"'{field}' is given", schema, lambda body: field in body)


def not_given(field: str) -> Condition:
    """The field is absent or null."""
    schema = {"properties": {field: {"type": "null"}}}
    return Condition(f"'{field}' is absent", schema, lambda body: field not in body)


def is_true(field: str) -> Condition:
    schema = {"required": [field], "properties": {field: {"const": True}}}
    return Condition(f"'{field}' is true", schema, lambda body: body.get(field) is True)


def is_not_true(field: str) -> Condition:
    """The field is false, absent or null."""
    schema = {"not": is_true(field).schema}
    return Condition(f"'{field}' is not true", schema, lambda body: body.get(field) is not True)


def required(field: str) -> Consequence:
    def check(body: Body, when: str) -> None:
        if field not in body:
            raise MissingParameter(f"parameter '{field}' is required {when}")

    return Consequence(field, {"required": [field], "properties": {field: _PRESENT}}, check)


def absent(field: str) -> Consequence:
    def check(body: Body, when: str) -> None:
        if field in body:
            raise MissingParameter(f"parameter '{field}' must be absent {when}")

    return Consequence(field, {"properties": {field: {"type": "null"}}}, check)


def only(field: str, value: str) -> Consequence:
    """The field is this one word, or absent."""

    def check(body: Body, when: str) -> None:
        if field in body and body[field] != value:
            must = f"parameter '{field}' must be '{value}' or absent {when}"
            raise MissingParameter(f"{must}{shown(body[field])}")

    return Consequence(field, {"properties": {field: {"enum": [value, None]}}}, check)


def among(field: str, values: Sequence[int]) -> Consequence:
    """The field is one of these numbers, or absent."""

    def check(body: Body, _when: str) -> None:
        if field in body and body[field] not in values:
            raise OutOfRange(f"parameter '{field}' must be {listed(values)}{shown(body[field])}")

    return Consequence(field, {"properties": {field: {"enum": [*values, None]}}}, check)


def between(field: str, least: int, most: int) -> Consequence:
    """The field is a whole number from `least` to `most`, or absent."""

    def check(body: Body, _when: str) -> None:
        value = body.get(field)
        if isinstance(value, int | float) and not least <= value <= most:
            raise OutOfRange(f"parameter '{field}' must be {least} to {most}{shown(value)}")

    return Consequence(field, {"properties": {field: {"minimum": least, "maximum": most}}}, check)


def at_most(field: str, most: int) -> Consequence:
    """The list has no more than `most` entries."""

    def check(body: Body, when: str) -> None:
        value = body.get(field)
        if isinstance(value, list) and len(value) > most:
            raise OutOfRange(f"parameter '{field}' must have at most {most} entries {when}, got {len(value)}")

    return Consequence(field, {"properties": {field: {"maxItems": most}}}, check)
