"""Words as shapes, from typefaces that come along; nothing of the system's is asked for."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from omnireel.engines.studio.scenery.arrays import Bytes

_FOLDER = files("omnireel.engines.studio") / "assets" / "type"
_FACES = ("han", "latin")
"""Asked in this order for each character."""
_LEADING = 1.22
_PROBE = 24


@cache
def _face(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO((_FOLDER / f"{name}.woff").read_bytes()), size)


@cache
def _face_for(character: str) -> str | None:
    """The face that has a character, told from the box it draws for those it lacks."""
    if character.isspace():
        return _FACES[0]
    for name in _FACES:
        face = _face(name, _PROBE)
        if bytes(face.getmask(character)) != bytes(face.getmask("\uffff")):
            return name
    return None


def unset(text: str) -> str:
    """The characters of a text that no face has, each once."""
    return "".join(dict.fromkeys(character for character in text if _face_for(character) is None))


def set_lines(lines: list[str], size: int) -> Bytes:
    """Lines of text, centred, as an opacity mask, `size` pixels a line; without what no face has."""
    rows = [_set(line, size) for line in lines]
    width, pitch = max(row.shape[1] for row in rows), round(size * _LEADING)
    mask = np.zeros((pitch * len(rows) + size // 4, width), np.uint8)
    for n, row in enumerate(rows):
        left = (width - row.shape[1]) // 2
        mask[n * pitch : n * pitch + row.shape[0], left : left + row.shape[1]] = row
    return mask


def _set(line: str, size: int) -> Bytes:
    runs = [(name, character) for character in line if (name := _face_for(character))]
    advances = [_face(name, size).getlength(character) for name, character in runs]
    sheet = Image.new("L", (max(1, round(sum(advances)) + 2), round(size * _LEADING)))
    pen, x = ImageDraw.Draw(sheet), 1.0
    for (name, character), advance in zip(runs, advances, strict=True):
        pen.text((x, size * 0.98), character, font=_face(name, size), fill=255, anchor="ls")
        x += advance
    return np.asarray(sheet, np.uint8)


def wrapped(text: str, most: int) -> list[str]:
    """A text in lines of about `most` columns, broken between words, or anywhere in Chinese."""
    lines: list[str] = [""]
    for word in _words(text):
        if lines[-1].strip() and _columns(lines[-1] + word.rstrip()) > most:
            lines.append("")
        lines[-1] += word if lines[-1] else word.lstrip()
    return [line.strip() for line in lines if line.strip()] or [""]


def _words(text: str) -> list[str]:
    words = [""]
    for character in " ".join(text.split()):
        if ord(character) > 0x2E80 or (words[-1] and ord(words[-1][-1]) > 0x2E80):
            words.append("")
        words[-1] += character
        if character == " ":
            words.append("")
    return [word for word in words if word]


def _columns(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)
