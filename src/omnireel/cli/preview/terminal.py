"""What a terminal can show, by asking it and by what the environment tells.

The questions are the kitty graphics protocol's query and DA1 (ECMA-48, xterm's `CSI c`): every terminal
answers the second, so its answer ends the wait for the first. Whoever does not answer is waited for briefly.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
import tty
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WAIT_SECONDS: Final = 0.5
"""A terminal behind a slow line answers in a tenth of that."""
MOST_ANSWER: Final = 4096

QUESTIONS: Final = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
_KITTY_YES: Final = re.compile(rb"\x1b_Gi=31;OK")
_ATTRIBUTES: Final = re.compile(rb"\x1b\[\?([0-9;]*)c")
_SIXEL: Final = b"4"


class Way(StrEnum):
    """How pictures get on the screen, best first."""

    KITTY = "kitty"
    ITERM = "iterm"
    SIXEL = "sixel"
    BLOCKS = "blocks"
    """Characters, two pixels each."""


class Colours(StrEnum):
    TRUE = "true"
    INDEXED = "256"
    NONE = "none"
    """Shades of one colour, as characters."""


@dataclass(frozen=True)
class Terminal:
    """What is there to draw on; `columns` is its width in characters."""

    way: Way
    colours: Colours
    columns: int


def terminal_of(descriptor: int, environment: Mapping[str, str] = os.environ) -> Terminal:
    """Ask the terminal behind `descriptor`; takes at most WAIT_SECONDS."""
    try:
        columns = os.get_terminal_size(descriptor).columns
    except OSError:
        columns = 0
    answer = _ask() if may_be_asked(environment) else b""
    # Serial lines and fresh terminals say 0.
    return Terminal(way_of(answer, environment), colours_of(environment), max(20, columns or 80))


def may_be_asked(environment: Mapping[str, str]) -> bool:
    """Whether the terminal knows a question from text; those that do not would print it."""
    plain = environment.get("TERM", "dumb") in ("", "dumb", "linux", "vt100", "vt220")
    return not plain and environment.get("TERM_PROGRAM") != "Apple_Terminal"


def way_of(answer: bytes, environment: Mapping[str, str]) -> Way:
    """The best way, given what the terminal answered to QUESTIONS."""
    if _KITTY_YES.search(answer):
        return Way.KITTY
    # What stands in the environment is about the terminal around a multiplexer, which passes nothing on.
    inside = bool(environment.get("TMUX") or environment.get("STY"))
    names = {environment.get("TERM_PROGRAM"), environment.get("LC_TERMINAL")}
    if not inside and names & {"iTerm.app", "iTerm2", "WezTerm"}:
        return Way.ITERM
    attributes = _ATTRIBUTES.search(answer)
    if attributes and _SIXEL in attributes[1].split(b";")[1:]:
        return Way.SIXEL
    return Way.BLOCKS


def colours_of(environment: Mapping[str, str]) -> Colours:
    """See no-color.org, and what terminals put in COLORTERM and TERM."""
    if environment.get("NO_COLOR"):
        return Colours.NONE
    if environment.get("COLORTERM", "") in ("truecolor", "24bit"):
        return Colours.TRUE
    return Colours.INDEXED if "256color" in environment.get("TERM", "") else Colours.NONE


def _ask() -> bytes:
    """What the controlling terminal answers; nothing when there is none, or when it is not ours to ask."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        # A process in the background would be stopped for touching the settings.
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return b""
        return _asked(terminal)
    except (OSError, termios.error):
        return b""
    finally:
        os.close(terminal)


def _asked(terminal: int) -> bytes:
    before = termios.tcgetattr(terminal)
    try:
        # Neither echoed nor kept back until a line is complete; Ctrl-C still works.
        tty.setcbreak(terminal, termios.TCSANOW)
        os.write(terminal, QUESTIONS)
        return _answer(terminal, time.monotonic() + WAIT_SECONDS)
    finally:
        with suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSANOW, before)


def _answer(terminal: int, deadline: float) -> bytes:
    answer = b""
    while not _ATTRIBUTES.search(answer) and len(answer) < MOST_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            break
        block = os.read(terminal, 1024)
        if not block:
            break
        answer += block
    return answer
