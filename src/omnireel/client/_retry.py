"""When to ask again, and after how long. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LIMITED = 429
"""Too many calls for the moment: this one was not even looked at."""

RETRIED = frozenset({LIMITED, 500, 502, 503, 504})
"""Answers to a repeatable call that are worth asking again about."""

STILL_AT_IT = 409
"""And this one to a submit: the first with its key is still being answered."""

RETRIES = 3
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0


@dataclass(frozen=True)
class Patience:
    """How long and how often one question may be asked, all tries together."""

    seconds: float
    tries: int


def pause(failures: int, asked: float | None, jitter: float) -> float:
    """Seconds before the next try: doubling, capped, never sooner than the server asked.

    `failures` counts from 1; `jitter` in [0, 1) spreads clients that failed together over half the pause.
    """
    backoff = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 16))
    return max(backoff * (0.5 + jitter / 2), asked or 0.0)
