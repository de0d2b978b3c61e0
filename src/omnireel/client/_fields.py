"""Fields of a JSON object that may be missing or of a wrong type: taken when good, left out when not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

Fields = Mapping[str, Any]


def mapping(value: object) -> Fields:
    """Raises ValueError for what is no object, as json.loads does for what is no JSON."""
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004
    return cast("Fields", value)


def mapping_or_empty(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def mappings(value: object) -> Sequence[Fields]:
    return [cast("Fields", item) for item in _items(value) if isinstance(item, dict)]


def texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in _items(value) if isinstance(item, str))


def text(data: Fields, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def number(data: Fields, name: str) -> float | None:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def whole(data: Fields, name: str) -> int | None:
    value = number(data, name)
    return None if value is None else int(value)


def amount(data: Fields, name: str) -> Decimal | None:
    """Money, sent as a decimal string."""
    try:
        value = Decimal(text(data, name))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def moment(data: Fields, name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text(data, name))
    except ValueError:
        return None


def _items(value: object) -> Sequence[object]:
    return cast("Sequence[object]", value) if isinstance(value, list) else ()
