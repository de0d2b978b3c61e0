"""The file in which a language model's script goes from the child that asks to the child that renders."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

MAX_ANSWER: Final = 256 * 1024
"""Longest answer of an endpoint, bytes; a file of a script is about as long."""
_FILE: Final = "script.json"


class Silence(StrEnum):
    """Why there is no script, in words for whoever asked for the video."""

    UNREACHED = "it could not be reached in time"
    REFUSED = "it did not take the question"
    UNUSABLE = "what it said cannot be used"


class NoScript(Exception):
    """There is none; says why."""

    def __init__(self, silence: Silence) -> None:
        super().__init__(silence.value)


def leave_script(folder: Path, text: str) -> None:
    _leave(folder, {"script": text})


def leave_silence(folder: Path, why: Silence) -> None:
    _leave(folder, {"silence": why.name})


def found_script(folder: Path) -> str:
    """What was left, by a child that is not believed. Raises NoScript."""
    match _found(folder / _FILE):
        case {"script": str(text)}:
            return text
        case {"silence": str(name)} if name in Silence.__members__:
            raise NoScript(Silence[name])
        case None:
            raise NoScript(Silence.UNREACHED)
    raise NoScript(Silence.UNUSABLE)


def _leave(folder: Path, said: dict[str, str]) -> None:
    (folder / _FILE).write_text(json.dumps(said), encoding="ascii")


def _found(path: Path) -> Any:
    """None where nobody left anything."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return json.loads(file.read(8 * MAX_ANSWER))
    except (OSError, ValueError, RecursionError):
        return {}
