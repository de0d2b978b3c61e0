"""English nouns and the known thing that each names, or is a kind of, after WordNet's hypernyms."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

MOST_WORDS = 3
_PLURALS = (("ies", "y"), ("ves", "f"), ("men", "man"), ("es", ""), ("s", ""))


@dataclass(frozen=True)
class Kin:
    """What a noun is. `head` is the name of the picture to show for it."""

    noun: str
    """The noun itself, in the singular."""
    head: str
    kind: str
    """animal, person, vehicle, plant, food, thing, space, nature or building."""
    exact: bool
    """False where the noun is only a kind of thing like `head`: a quokka is shown as a kangaroo."""
    plural: bool = False


def kin_of(noun: str) -> Kin | None:
    """What is known of a noun of up to MOST_WORDS words, singular or plural, in lower case."""
    table = _table()
    if found := table.get(noun):
        return Kin(noun, *found)
    for ending, singular in _PLURALS:
        if noun.endswith(ending) and len(noun) > len(ending) + 2:
            stem = noun[: -len(ending)] + singular
            if found := table.get(stem):
                return Kin(stem, *found, plural=True)
    return None


def known_nouns() -> Mapping[str, tuple[str, str, bool]]:
    """Every noun in the singular: its head, its kind, and whether it names that head exactly."""
    return _table()


@cache
def _table() -> dict[str, tuple[str, str, bool]]:
    packed = resources.files("omnireel.thesaurus").joinpath("nouns.txt.z").read_bytes()
    table: dict[str, tuple[str, str, bool]] = {}
    for line in zlib.decompress(packed).decode().splitlines():
        head, _, rest = line.partition(" = ")
        kind, _, words = rest.partition(": ")
        own, _, alike = words.partition("; ")
        # There are tens of thousands of words: a whole list at a time, and one tuple for all of it.
        table.update(dict.fromkeys(filter(None, alike.split(", ")), (head, kind, False)))
        table.update(dict.fromkeys(filter(None, own.split(", ")), (head, kind, True)))
    return table
