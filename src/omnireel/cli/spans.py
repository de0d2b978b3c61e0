"""Spans and ends of time as people type them: `90s`, `24h`, `30d`, `2027-01-31`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from omnireel.errors import InvalidRequest

_SPAN: Final = re.compile(r"([0-9]{1,7})([smhdw])", re.ASCII)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST: Final = timedelta(days=36500)


def span(text: str) -> timedelta:
    """Read a span of time, at most a hundred years. Raises InvalidRequest."""
    found = _SPAN.fullmatch(text)
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if length is None or length > _LONGEST:
        raise InvalidRequest(f"a span of time must be like 90s, 30m, 24h, 30d or 4w, got {text!r}")
    return length


def end(text: str, now: datetime) -> datetime:
    """Read an end: so long from now, or an ISO 8601 date or time, in UTC unless it says.

    Raises InvalidRequest.
    """
    return now + span(text) if _SPAN.fullmatch(text) else _moment(text, "an end")


def beginning(text: str, now: datetime) -> datetime:
    """Read a beginning: so long ago, or an ISO 8601 date or time, in UTC unless it says.

    Raises InvalidRequest.
    """
    return now - span(text) if _SPAN.fullmatch(text) else _moment(text, "a beginning")


def _moment(text: str, what: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{what} must be like 30d or 2027-01-31, got {text!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
