"""How the process logs: one line per fact on standard error, JSON unless a person is watching.

Everything passes one redactor: our own lines, the standard library's, and what would end a thread or the
process.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Collection
from types import TracebackType
from typing import Final, Literal

import structlog

from omnireel.telemetry.redaction import hidden_or
from omnireel.telemetry.tracing import current, trace_id

LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]

_PROMPTS: Final = ("prompt", "negative_prompt")
_OURS: Final = ("uvicorn", "alembic")
"""Loggers of others whose everyday lines belong to this service's."""


def configure_logs(
    form: LogFormat = "auto",
    level: LogLevel = "info",
    *,
    prompts: bool = False,
    secrets: Collection[str] = (),
) -> None:
    """Set up structlog, and let the standard library's loggers through the same door.

    `prompts` lets prompts into the lines; `secrets` are texts that never may be, besides all that looks like
    one.
    """
    least = logging.getLevelNamesMapping()[level.upper()]
    watched = sys.stderr.isatty() if form == "auto" else form == "console"
    facts: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.types.Processor] = [
        structlog.processors.format_exc_info,
        _Redactor(prompts=prompts, secrets=secrets),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if watched
        else structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=[*facts, *last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _adopt_others([*facts, structlog.stdlib.add_logger_name], last, least)
    _adopt_last_words()


def _adopt_others(
    facts: list[structlog.types.Processor], last: list[structlog.types.Processor], least: int
) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=facts, processors=[_unwrapped, *last])
    )
    logging.basicConfig(level=max(least, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(least)
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)


def _adopt_last_words() -> None:
    """Tracebacks that nobody caught would go to standard error as they are."""
    log = structlog.get_logger("omnireel")

    def on_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("uncaught", exc_info=(kind, error, trace))

    def on_thread_end(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            thread = args.thread.name if args.thread else ""
            log.critical(
                "uncaught", thread=thread, exc_info=(args.exc_type, args.exc_value, args.exc_traceback)
            )

    sys.excepthook = on_end
    threading.excepthook = on_thread_end


class _Redactor:
    """The last look at a line before it is written."""

    def __init__(self, *, prompts: bool, secrets: Collection[str]) -> None:
        self._prompts = prompts
        # Short ones would be found in every other word.
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 4)

    def __call__(
        self, logger: structlog.types.WrappedLogger, name: str, event: structlog.types.EventDict
    ) -> structlog.types.EventDict:
        return {
            fact: hidden_or(fact, value, self._secrets)
            for fact, value in event.items()
            if self._prompts or fact not in _PROMPTS
        }


def _add_trace(
    logger: structlog.types.WrappedLogger, name: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    if found := trace_id(current()):
        event.setdefault("trace_id", found)
    return event


def _unwrapped(
    logger: structlog.types.WrappedLogger, name: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(logger, name, event)
