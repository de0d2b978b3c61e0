"""Show a saved video, whatever the terminal and the packages allow."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from omnireel.cli.output import Output
from omnireel.cli.preview import graphics
from omnireel.cli.preview.terminal import Terminal, Way, terminal_of
from omnireel.cli.server_extra import INSTALL
from omnireel.client.errors import APIError
from omnireel.errors import AttemptError

Poster = Callable[[Path], Path]
"""Saves the poster that the server made into a folder, and tells where."""

PIXELS = 960
"""How wide a picture is sent; the terminal scales it."""
CELL = 8
"""Pixels of a character's width, where a terminal does not scale."""
WIDEST = 100
"""Columns; more would fill the screen."""
NEEDED = ("av", "cv2", "numpy", "PIL")


def show_preview(video: Path, talk: Output, poster: Poster) -> None:
    """Draw moments of the video on stderr; where that cannot be, say why and go on."""
    if talk.quiet:
        return
    if not sys.stderr.isatty():
        talk.say("note: --preview shows something on a terminal only")
        return
    terminal = terminal_of(sys.stderr.fileno())
    try:
        text = drawn(video, terminal) if _can_decode() else posted(terminal, poster)
    except (APIError, AttemptError, OSError) as error:
        talk.say(f"note: no preview: {error}")
        return
    if text is None:
        talk.say(f"note: a preview needs more packages here: {INSTALL}")
        return
    sys.stderr.write(text)
    sys.stderr.flush()


def drawn(video: Path, terminal: Terminal) -> str:
    """The contact sheet of a video, in the terminal's way. Raises InvalidMedia."""
    from omnireel.cli.preview.sheet import as_png, contact_sheet, fitted

    columns = min(terminal.columns - 1, WIDEST)
    match terminal.way:
        case Way.KITTY:
            return graphics.kitty(as_png(contact_sheet(video, PIXELS)), columns)
        case Way.ITERM:
            return graphics.iterm(as_png(contact_sheet(video, PIXELS)), columns)
        case Way.SIXEL:
            from omnireel.cli.preview.sixel import sixel

            return sixel(contact_sheet(video, columns * CELL))
        case Way.BLOCKS:
            from omnireel.cli.preview.blocks import blocks

            # Pixels are few here: fewer moments, each of them larger.
            sheet = contact_sheet(video, PIXELS, few=True)
            # A character is about twice as high as it is wide, and holds two pixels.
            height = max(2, round(columns * sheet.shape[0] / sheet.shape[1] / 2) * 2)
            return blocks(fitted(sheet, columns, height), terminal.colours)


def posted(terminal: Terminal, poster: Poster) -> str | None:
    """The server's own still, which iTerm2 decodes itself; None where it would have to be decoded here."""
    if terminal.way is not Way.ITERM:
        return None
    with tempfile.TemporaryDirectory() as folder:
        picture = poster(Path(folder)).read_bytes()
    return graphics.iterm(picture, min(terminal.columns - 1, WIDEST))


def _can_decode() -> bool:
    return all(find_spec(name) is not None for name in NEEDED)
