"""Kling's storyboards, `multi_prompt`, as one prompt that says which shot is how long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from omnireel.catalog.fields import is_whole
from omnireel.catalog.wording import kind_of, shown
from omnireel.errors import InvalidFormat, MissingParameter, OutOfRange

FIELD: Final = "multi_prompt"
MOST_SHOTS: Final = 6
LONGEST_SHOT: Final = 512
"""Characters."""
_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class _Shot:
    index: int
    prompt: str
    seconds: int


@dataclass(frozen=True)
class Board:
    """A storyboard as a prompt, and of how many shots it speaks."""

    prompt: str
    shots: int


def storyboard(shots: object, seconds: int | None) -> Board:
    """A storyboard as a prompt. Its shots add up to `seconds`, where no source video sets the length.

    Raises InvalidRequest.
    """
    if not isinstance(shots, list):
        raise InvalidFormat(f"parameter '{FIELD}' must be an array, got {kind_of(shots)}", field=FIELD)
    if not 1 <= len(shots) <= MOST_SHOTS:
        raise OutOfRange(
            f"parameter '{FIELD}' must have 1 to {MOST_SHOTS} entries, got {len(shots)}", field=FIELD
        )
    board = sorted((_shot(place, shot) for place, shot in enumerate(shots)), key=lambda shot: shot.index)
    total = sum(shot.seconds for shot in board)
    if seconds is not None and total != seconds:
        raise OutOfRange(
            f"the durations in '{FIELD}' must add up to 'duration', {seconds}, got {total}", field=FIELD
        )
    if len(board) == 1:
        return Board(board[0].prompt, 1)
    lines = (f"Shot {n} ({shot.seconds}s): {shot.prompt}" for n, shot in enumerate(board, 1))
    return Board("\n".join(lines), len(board))


def whole_seconds(value: object, field: str) -> int:
    """A whole number of seconds, which Kling writes as text. Raises InvalidFormat."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if is_whole(value) and abs(value) < 10**9:
        return int(value)
    raise InvalidFormat(
        f"parameter '{field}' must be a whole number of seconds, as text or not{shown(value)}",
        field=field.partition("[")[0],
    )


def _shot(place: int, shot: object) -> _Shot:
    label = f"{FIELD}[{place}]"
    if not isinstance(shot, Mapping):
        raise InvalidFormat(f"parameter '{label}' must be an object, got {kind_of(shot)}", field=FIELD)
    prompt, index = shot.get("prompt"), shot.get("index", place + 1)
    if not isinstance(prompt, str) or not prompt.strip():
        raise MissingParameter(f"parameter '{label}.prompt' is required", field=FIELD)
    if len(prompt) > LONGEST_SHOT:
        raise OutOfRange(
            f"parameter '{label}.prompt' must be 1 to {LONGEST_SHOT} characters long, got {len(prompt)}",
            field=FIELD,
        )
    if not is_whole(index):
        raise InvalidFormat(f"parameter '{label}.index' must be a whole number", field=FIELD)
    seconds = whole_seconds(shot.get("duration"), f"{label}.duration")
    if seconds < 1:
        raise OutOfRange(f"parameter '{label}.duration' must be at least 1, got {seconds}", field=FIELD)
    return _Shot(int(index), prompt.strip(), seconds)
