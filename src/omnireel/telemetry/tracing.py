"""Where a piece of work belongs, in the words of W3C Trace Context; and the tracer that traces nothing.

A context is a `traceparent` (level 1): version, trace id, span id, flags. It is kept with a task and handed
to child processes as that one string, "" for none. Nothing here needs OpenTelemetry; see `otel`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Final

Fact = str | int | float | bool
Facts = Mapping[str, Fact]
"""Attributes of a span, by their dotted names."""
NOTHING: Final[Facts] = {}

_SANE: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_current: ContextVar[str] = ContextVar("omnireel_trace", default="")


class Kind(StrEnum):
    """What a span is to those around it."""

    INTERNAL = "internal"
    SERVER = "server"
    CONSUMER = "consumer"
    CLIENT = "client"


def accepted(header: str) -> str:
    """A context as it came from outside, "" unless it is a well-formed one."""
    return header if _SANE.fullmatch(header) else ""


def current() -> str:
    """The context that what happens now belongs to."""
    return _current.get()


def trace_id(context: str) -> str:
    """The trace's id, 32 hex digits; "" for no context."""
    found = _SANE.fullmatch(context)
    return found[1] if found else ""


@contextmanager
def under(context: str) -> Iterator[None]:
    """Make what happens inside belong to this context."""
    before = _current.set(context)
    try:
        yield
    finally:
        _current.reset(before)


class Span:
    """One piece of work. This one only passes on the context it is in."""

    def __init__(self, context: str) -> None:
        self.context = context

    def rename(self, name: str) -> None:
        """Give it the name that was not known when it began."""

    def tell(self, facts: Facts) -> None:
        """Say more about it."""

    def fail(self, error: str) -> None:
        """What went wrong, in a word."""

    def end(self, *, error: str = "", at: float | None = None) -> None:
        """It is over: now, or at a moment in unix seconds. `error` is what went wrong, in a word."""


class Tracer:
    """Makes spans. This one makes none; what comes with a context from outside still keeps it."""

    def begin(
        self,
        name: str,
        *,
        parent: str | None = None,
        kind: Kind = Kind.INTERNAL,
        at: float | None = None,
        facts: Facts = NOTHING,
    ) -> Span:
        """A span to be ended by the caller. Its parent is the current context unless one is given."""
        return Span(current() if parent is None else parent)

    @contextmanager
    def span(
        self, name: str, *, parent: str | None = None, kind: Kind = Kind.INTERNAL, facts: Facts = NOTHING
    ) -> Iterator[Span]:
        """A span around a block, to which everything inside belongs."""
        span = self.begin(name, parent=parent, kind=kind, facts=facts)
        with under(span.context):
            try:
                yield span
            except BaseException as error:
                span.end(error=type(error).__name__)
                raise
        span.end()

    def record(self, name: str, began: float, ended: float, *, parent: str) -> str:
        """A span that is over already, unix seconds; its context."""
        span = self.begin(name, parent=parent, at=began)
        span.end(at=max(began, ended))
        return span.context

    def close(self) -> None:
        """Send what is still to be sent."""
