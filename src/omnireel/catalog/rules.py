"""A rule: one line of a model's table, judged by the server and published in its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
"""A piece of JSON Schema, draft 2020-12."""

Body = Mapping[str, object]
"""A submit body as decoded from JSON, known fields without nulls. Media are opaque strings."""

Check = Callable[[Body], None]
"""Returns when the body keeps the rule; raises InvalidRequest, a sentence naming field, limit and value."""


@dataclass(frozen=True)
class Rule:
    """What a body must keep.

    `schema` is None when JSON Schema cannot say it and only the server judges. A `conditional` rule's schema
    stands beside the fields, any other is the field's own.
    """

    id: str
    field: str
    prose: str
    schema: Schema | None
    check: Check
    conditional: bool = False
