"""Where words go: data to stdout, everything said to a person to stderr."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Annotated

import typer

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the data, no progress.")]


@dataclass(frozen=True)
class Output:
    """How this run talks."""

    json: bool = False
    quiet: bool = False

    def say(self, text: str) -> None:
        """Tell a person something they may want to know."""
        if not self.quiet:
            complain(text)

    def data(self, text: str, document: object) -> None:
        """Hand over what was asked for: the text, or the document under --json."""
        body = json.dumps(document, indent=2, ensure_ascii=False) if self.json else printable(text)
        # A lone surrogate has no UTF-8; JSON can still carry it escaped.
        if not body.isascii():
            body = body.encode("utf-8", "backslashreplace").decode("utf-8")
        sys.stdout.write(body + "\n")
        sys.stdout.flush()


def complain(text: str) -> None:
    """Say something on stderr, whatever was asked to be quiet."""
    sys.stderr.write(printable(text).encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stderr.flush()


def printable(text: str) -> str:
    """The text without control characters, which a server could aim at the terminal."""
    return "".join(letter for letter in text if letter in "\n\t" or not _is_control(letter))


def _is_control(letter: str) -> bool:
    return letter < " " or "\x7f" <= letter <= "\x9f"
