"""A child's lines on its standard error, and what its parent makes of them.

One JSON object a line, with the ids of the attempt. The parent believes the words and not the ids: those it
knows itself.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from omnireel.execution.protocol import MAX_TEXT, Order
from omnireel.models import VideoRequest
from omnireel.telemetry.redaction import redact, without
from omnireel.telemetry.tracing import trace_id

MOST_LINES: Final = 50
"""Lines of one child that its parent repeats."""

_MARK: Final = '{"source": "child", '
_LONGEST_TRACE: Final = 8000
_LEVELS: Final = frozenset({"debug", "info", "warning", "error", "critical"})


@dataclass(frozen=True)
class ChildLine:
    """A line as the parent writes it again."""

    level: str
    event: str
    facts: Mapping[str, str]


def configure_child_logs(order: Order) -> None:
    """Have this process, a child, write its lines so."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ChildFormatter(order))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def private_words(request: VideoRequest | None) -> Collection[str]:
    """What the caller wrote or sent: none of it may be in a line."""
    if request is None:
        return ()
    return [words for words in (request.prompt, *(ref.uri for ref in request.inputs)) if words]


def told_by(log: str) -> tuple[list[ChildLine], str]:
    """The lines in a child's standard error, the newest of them, and all that is no such line."""
    lines = log.splitlines()
    ours = [line for line in lines if line.startswith(_MARK)]
    found = [line for text in ours[-MOST_LINES:] if (line := _line(text)) is not None]
    return found, "\n".join(line for line in lines if not line.startswith(_MARK))


def _line(text: str) -> ChildLine | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kept = ("timestamp", "logger", "phase", "exception")
    facts = {name: said[name][:_LONGEST_TRACE] for name in kept if isinstance(said.get(name), str)}
    level, event = said.get("level"), said.get("event")
    if level not in _LEVELS or not isinstance(event, str):
        return None
    return ChildLine(
        level, event[:MAX_TEXT], {("child_time" if k == "timestamp" else k): v for k, v in facts.items()}
    )


class _ChildFormatter(logging.Formatter):
    def __init__(self, order: Order) -> None:
        super().__init__()
        self._private = private_words(order.request)
        self._ids = {"task": order.task, "attempt": order.attempt, "phase": order.phase.value}
        if found := trace_id(order.trace):
            self._ids["trace_id"] = found

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "source": "child",
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            **self._ids,
            "event": self._clean(record.getMessage()),
        }
        if record.exc_info:
            facts["exception"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(facts)

    def _clean(self, text: str) -> str:
        return redact(without(text, self._private))
