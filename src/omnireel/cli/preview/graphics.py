"""Whole picture files put on the screen by terminals that can: kitty's protocol and iTerm2's."""

from __future__ import annotations

import base64

CHUNK = 4096
"""Base64 characters in one piece, the kitty protocol's limit."""


def kitty(png: bytes, columns: int) -> str:
    """A PNG, `columns` characters wide (sw.kovidgoyal.net/kitty/graphics-protocol)."""
    data = base64.b64encode(png).decode("ascii")
    pieces = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    last = len(pieces) - 1
    # q=2: no answer, which would be left for the shell to read.
    first = f"a=T,f=100,q=2,c={columns},"
    heads = [f"{'' if place else first}m={int(place < last)}" for place in range(len(pieces))]
    return "".join(f"\x1b_G{head};{piece}\x1b\\" for head, piece in zip(heads, pieces, strict=True)) + "\n"


def iterm(file: bytes, columns: int) -> str:
    """A PNG or JPEG, `columns` characters wide (iterm2.com/documentation-images.html)."""
    about = f"inline=1;preserveAspectRatio=1;width={columns};size={len(file)}"
    return f"\x1b]1337;File={about}:{base64.b64encode(file).decode('ascii')}\x07\n"
