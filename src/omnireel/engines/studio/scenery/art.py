"""The vendored pictures: which word means which, and their pixels."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes

_FOLDER = files("omnireel.engines.studio") / "assets" / "art"
_PLURALS = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""))
_PEOPLE = {"men": "man", "women": "woman", "people": "person", "wolves": "wolf", "children": "child"}


@dataclass(frozen=True)
class Art:
    """One picture and how the thing in it behaves."""

    name: str
    file: str
    kind: str
    """animal, person, vehicle, plant, food, thing, space, nature or building."""
    motion: str
    """How it moves when nothing is said; see motion.py."""
    metres: float
    """Its height in the world."""
    facing: str
    """left, right, front or up."""
    emoji: str = ""


@dataclass(frozen=True)
class Found:
    """What a noun led to. `exact` is False when the picture only comes close."""

    art: Art
    exact: bool


@cache
def _index() -> tuple[dict[str, Art], dict[str, str], dict[str, str]]:
    table = json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))
    art = {name: Art(name=name, **facts) for name, facts in table["art"].items()}
    return art, table["words"], table["near"]


def find_art(noun: str, pose: str = "") -> Found | None:
    """The picture for an English noun, or None. `pose` such as `run` picks a fitting variant where one
    exists."""
    words = re.sub(r"[^a-z' -]", "", noun.lower()).split()
    # The longest tail first: in "golden retriever" the last word says what it is.
    tails = [" ".join(words[start:]) for start in range(len(words))]
    for text in (spelling for tail in tails for spelling in _spellings(tail)):
        if found := _look_up(text):
            return Found(_posed(found.art, pose), found.exact)
    return None


def _spellings(text: str) -> list[str]:
    singular = [text[: -len(end)] + stem for end, stem in _PLURALS if text.endswith(end) and len(text) > 3]
    return [text, *([_PEOPLE[text]] if text in _PEOPLE else []), *singular]


def _look_up(text: str) -> Found | None:
    art, words, near = _index()
    if name := text if text in art else words.get(text):
        return Found(art[name], exact=True)
    return Found(art[near[text]], exact=False) if text in near else None


def _posed(art: Art, pose: str) -> Art:
    pictures, words, _ = _index()
    key = f"{art.name}@{pose}"
    return pictures.get(words.get(key, key), art)


@cache
def by_emoji() -> dict[str, str]:
    """The names of pictures by their own emoji, where that is one letter."""
    return {art.emoji: art.name for art in _index()[0].values() if len(art.emoji) == 1}


@cache
def _pack() -> dict[str, bytes]:
    with as_file(_FOLDER / "fluent.zip") as path, zipfile.ZipFile(path) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def pixels(art: Art) -> Bytes:
    """Straight BGRA, cut to what is not transparent."""
    picture = cv2.imdecode(np.frombuffer(_pack()[art.file], np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        raise ValueError(f"the art pack's {art.file} is not a picture with transparency")
    return trimmed(picture.astype(np.uint8))


def trimmed(picture: Bytes) -> Bytes:
    """The part of a BGRA picture that shows; one pixel at least."""
    rows = np.flatnonzero(picture[..., 3].max(axis=1) > 8)
    columns = np.flatnonzero(picture[..., 3].max(axis=0) > 8)
    if not len(rows):
        return picture[:1, :1]
    return np.ascontiguousarray(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def art_named(name: str) -> Art:
    """A picture known to be in the pack."""
    return _index()[0][name]
