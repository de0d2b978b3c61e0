"""A prompt as it is given: in words, or on standard input."""

from __future__ import annotations

import sys

from omnireel.cli.output import Output
from omnireel.errors import InvalidRequest

STDIN = "-"
LIMIT = 64 * 1024
"""Characters read before giving up; a server takes 2500."""


def read_prompt(given: str, talk: Output) -> str:
    """The words themselves, or for `-` what stands on standard input. Raises InvalidRequest."""
    if given != STDIN:
        return given
    if sys.stdin.isatty():
        talk.say("the prompt, then Ctrl-D on a line of its own:")
    try:
        text = sys.stdin.read(LIMIT + 1).strip()
    except UnicodeDecodeError:
        raise InvalidRequest("the prompt on standard input is not UTF-8") from None
    if not text:
        raise InvalidRequest("there is no prompt on standard input")
    if len(text) > LIMIT:
        raise InvalidRequest(f"the prompt on standard input has more than {LIMIT} characters")
    return text
