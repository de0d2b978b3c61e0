"""The vendored pictures: which word means which, and their pixels."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files

import cv2
import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.thesaurus.kin import kin_of

_FOLDER = files("omnireel.engines.studio") / "assets" / "art"
_PLURALS = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""))
_GENDERS = {"female": "woman", "woman": "woman", "lady": "woman", "male": "man", "man": "man"}
_TONES = {"light-skinned": "light", "medium-skinned": "medium", "dark-skinned": "dark"}
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


@dataclass(frozen=True)
class _Index:
    """The pack's table of contents."""

    art: dict[str, Art]
    words: dict[str, str]
    near: dict[str, str]
    variants: dict[str, list[str]]


@cache
def _index() -> _Index:
    table = json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))
    art = {name: Art(name=name, **facts) for name, facts in table["art"].items()}
    return _Index(art, table["words"], table["near"], table["variants"])


def find_art(noun: str, pose: str = "") -> Found | None:
    """The picture for an English noun, or None. `pose` such as `run` picks a fitting variant where one
    exists, and words for gender and skin before the noun do: `dark-skinned female doctor`."""
    words = re.sub(r"[^a-z'. -]", "", noun.lower()).split()
    # The longest tail first: in "golden retriever" the last word says what it is.
    tails = [" ".join(words[start:]) for start in range(len(words))]
    for tail in tails:
        if found := _look_up(tail):
            posed = _posed(found.art, pose)
            return Found(_dressed(posed, words[: len(words) - len(tail.split())]), found.exact)
    return None


def _look_up(text: str) -> Found | None:
    index = _index()
    for spelling in _spellings(text):
        if name := spelling if spelling in index.art else index.words.get(spelling):
            return Found(index.art[name], exact=True)
    kin = kin_of(text)
    if kin is not None and kin.head in index.art:
        return Found(index.art[kin.head], kin.exact)
    near = next((index.near[spelling] for spelling in _spellings(text) if spelling in index.near), None)
    return Found(index.art[near], exact=False) if near else None


def _spellings(text: str) -> list[str]:
    singular = [text[: -len(end)] + stem for end, stem in _PLURALS if text.endswith(end) and len(text) > 3]
    return [text, *([_PEOPLE[text]] if text in _PEOPLE else []), *singular]


def _posed(art: Art, pose: str) -> Art:
    index = _index()
    key = f"{art.name}@{pose}"
    return index.art.get(index.words.get(key, key), art)


def _dressed(art: Art, traits: list[str]) -> Art:
    """The variant of a person that fits the words before it, as far as there is one."""
    gender = next((_GENDERS[word] for word in traits if word in _GENDERS), "")
    tone = next((_TONES[word] for word in traits if word in _TONES), "")
    known = _index().variants.get(art.name, [])
    wanted = ("@".join(filter(None, parts)) for parts in ((gender, tone), (gender,), (tone,)))
    found = next((variant for variant in wanted if variant in known), None)
    if found is None:
        return art
    file = f"{art.file.removesuffix('.webp')}-{found.replace('@', '-')}.webp"
    return replace(art, name=f"{art.name}@{found}", file=file)


@cache
def by_emoji() -> dict[str, str]:
    """The names of pictures by their own emoji, where that is one letter."""
    return {art.emoji: art.name for art in _index().art.values() if len(art.emoji) == 1}


@cache
def _pack() -> zipfile.ZipFile:
    """The pack, kept open: its directory is long, and a scene wants only a few of its pictures."""
    with as_file(_FOLDER / "fluent.zip") as path:
        return zipfile.ZipFile(path)


def pixels(art: Art) -> Bytes:
    """Straight BGRA, cut to what is not transparent."""
    picture = cv2.imdecode(np.frombuffer(_pack().read(art.file), np.uint8), cv2.IMREAD_UNCHANGED)
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
    return _index().art[name]
