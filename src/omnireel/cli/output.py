"""Where words go: data to stdout, everything said to a person to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout.")]
LinesFlag = Annotated[bool, typer.Option("--jsonl", help="Print a JSON document per line, as things happen.")]
ItemsFlag = Annotated[bool, typer.Option("--jsonl", help="Print a JSON document per line, one per item.")]
QuietFlag = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the data, no progress.")]


@dataclass(frozen=True)
class Output:
    """How this run talks. `jsonl` goes before `json`."""

    json: bool = False
    quiet: bool = False
    jsonl: bool = False

    def say(self, text: str) -> None:
        """Tell a person something they may want to know."""
        if not self.quiet:
            complain(text)

    def data(self, text: str, document: object, *, event: str = "done") -> None:
        """Hand over what was asked for: the text, or the document under --json; an event under --jsonl."""
        if self.jsonl and isinstance(document, Mapping):
            print_line({"event": event, **document})
        elif self.json or self.jsonl:
            _write(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            _write(printable(text))

    def items(self, lines: Sequence[str], documents: Sequence[Mapping[str, Any]]) -> None:
        """Hand over a list: its lines, or its documents under --json and, line by line, --jsonl."""
        if self.jsonl:
            for document in documents:
                print_line(document)
        elif self.json:
            _write(json.dumps(documents, indent=2, ensure_ascii=False))
        elif lines:
            _write(printable("\n".join(lines)))

    def event(self, name: str, document: Mapping[str, Any]) -> None:
        """Tell a program what happened, under --jsonl."""
        if self.jsonl:
            print_line({"event": name, **document})


def complain(text: str) -> None:
    """Say something on stderr, whatever was asked to be quiet."""
    sys.stderr.write(printable(text).encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
    sys.stderr.flush()


def printable(text: str) -> str:
    """The text without control characters, which a server could aim at the terminal."""
    return "".join(letter for letter in text if letter in "\n\t" or not _is_control(letter))


def _is_control(letter: str) -> bool:
    return letter < " " or "\x7f" <= letter <= "\x9f"


def print_line(document: Mapping[str, Any]) -> None:
    """Hand over one document of several, on a line of its own."""
    _write(_line(document))


def _line(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(", ", ": "))


def _write(body: str) -> None:
    # A lone surrogate has no UTF-8; JSON can still carry it escaped.
    if not body.isascii():
        body = body.encode("utf-8", "backslashreplace").decode("utf-8")
    sys.stdout.write(body + "\n")
    sys.stdout.flush()
