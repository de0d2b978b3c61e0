"""The words the director knows, compiled from the tables in `lexicon/`.

A table line is `canonical = form, form, …`; a form is an English phrase or Chinese characters. Headings in
brackets give the class of the lines below them, and in `words.txt` the topic itself. The other languages have
a file each; see phrasebook.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import product

from omnireel.director.inflection import plural, verb_forms
from omnireel.director.tokens import words_of


class Topic(StrEnum):
    """What a phrase tells the director about."""

    NOUN = "nouns"
    ACTION = "actions"
    STYLE = "styles"
    PLACE = "places"
    TIME = "times"
    WEATHER = "weather"
    CAMERA = "camera"
    FRAMING = "framing"
    COLOUR = "colours"
    COUNT = "counts"
    ADJECTIVE = "sizes"
    STIR = "stirs"
    RELATION = "relations"
    MOOD = "moods"
    NOISE = "noises"
    NEGATION = "negation"
    AFFIRMATION = "affirmation"
    FROM = "from"
    TO = "to"
    PRONOUN = "pronoun"
    JOIN = "join"
    DETERMINER = "determiner"
    TWOS = "twos"
    SOUND = "sound"
    SPEECH = "speech"
    LETTERING = "lettering"
    IDENTITY = "identity"
    SPEED = "speed"
    REMOVE = "remove"
    ADD = "add"
    REPLACE = "replace"
    CHANGE = "change"
    EXTEND = "extend"
    SETTING = "setting"
    RESTYLE = "restyle"
    REFERENCE = "reference"
    ENDPOINTS = "endpoints"
    SEQUENCE = "sequence"
    CAST = "cast"
    ANIMATE = "animate"
    KEEP = "keep"
    VIDEO = "video"
    SKY = "sky"
    EXCEPT = "except"
    DESATURATE = "desaturate"
    SPLASH = "splash"
    STABILISE = "stabilise"
    BLUR = "blur"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Meaning:
    """One sense of a phrase. `group` is the class its table line stands in: person, surface, …"""

    topic: Topic
    value: str
    group: str = ""
    plural: bool = False
    base: bool = False
    """The bare form of a verb, which English also uses as a noun: run, look."""


@dataclass(frozen=True)
class Vocabulary:
    """Phrases, as tuples of token texts, with their senses."""

    senses: Mapping[tuple[str, ...], tuple[Meaning, ...]]
    longest: Mapping[str, int]
    """The most tokens in any phrase that begins with this token."""


_TABLES = tuple(Topic)[:15]
_NUMERALS = {
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
    "九": 9, "十": 10, "几": 3,
    **{str(number): number for number in range(1, 13)},
}  # fmt: skip
_MEASURES = "只个条头匹辆艘朵棵位名架颗座枚片把张台盏束轮叶"
_GROUP_MEASURES = {"群": 5, "对": 2, "双": 2, "排": 5, "队": 5, "串": 4}


@cache
def vocabulary() -> Vocabulary:
    """All tables, compiled once."""
    senses: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    for phrase, meaning in (*_all_lines(), *_chinese_counts()):
        words = words_of(phrase)
        if meaning not in senses[words]:
            senses[words].append(meaning)
    longest: dict[str, int] = defaultdict(int)
    for words in senses:
        longest[words[0]] = max(longest[words[0]], len(words))
    return Vocabulary({words: tuple(found) for words, found in senses.items()}, dict(longest))


def canonical(topic: Topic, group: str | None = None) -> tuple[str, ...]:
    """Every canonical word of a topic, or of one class in it, in table order."""
    found = (
        meaning.value
        for senses in vocabulary().senses.values()
        for meaning in senses
        if meaning.topic is topic and group in (None, meaning.group)
    )
    return tuple(dict.fromkeys(found))


def _all_lines() -> Iterator[tuple[str, Meaning]]:
    for table in (*(topic.value for topic in _TABLES), "words"):
        text = resources.files("omnireel.director").joinpath(f"lexicon/{table}.txt").read_text("utf-8")
        yield from _table(table, text.splitlines())


def _table(table: str, lines: Iterable[str]) -> Iterator[tuple[str, Meaning]]:
    for group, value, forms in table_lines(lines):
        meaning = Meaning(Topic(group if table == "words" else table), value, group)
        yield from (entry for form in forms for entry in _entries(form, meaning))


def table_lines(lines: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """The lines of a table: the heading above each, its canonical word, its forms."""
    heading = ""
    for line in lines:
        if line.startswith("["):
            heading = line.strip("[]")
        elif line and not line.startswith("#"):
            value, _, forms = line.partition(" = ")
            yield heading, value, forms.split(", ")


def _entries(form: str, meaning: Meaning) -> Iterator[tuple[str, Meaning]]:
    if form.startswith("~"):
        return ((inflected, meaning) for inflected in verb_forms(form[1:]))
    if meaning.topic is Topic.ACTION and form.isascii():
        return _verb_entries(form, meaning)
    if meaning.topic is Topic.NOUN and form.isascii():
        return _noun_entries(form, meaning)
    return iter([(form, meaning)])


def _noun_entries(form: str, meaning: Meaning) -> Iterator[tuple[str, Meaning]]:
    singular, _, irregular = form.partition("|")
    many = Meaning(meaning.topic, meaning.value, meaning.group, plural=True)
    yield singular, meaning
    if irregular != singular:
        yield irregular or plural(singular), many


def _verb_entries(form: str, meaning: Meaning) -> Iterator[tuple[str, Meaning]]:
    base, _, irregular = form.partition("|")
    past, _, participle = irregular.partition("|")
    bare = Meaning(meaning.topic, meaning.value, meaning.group, base=True)
    forms = (
        [form]
        if base.endswith("ing") or (" " in base and not irregular)
        else verb_forms(base, past, participle)
    )
    return ((inflected, bare if inflected == base else meaning) for inflected in forms)


def _chinese_counts() -> Iterator[tuple[str, Meaning]]:
    for numeral, measure in product(_NUMERALS, _MEASURES):
        yield numeral + measure, Meaning(Topic.COUNT, str(_NUMERALS[numeral]))
    for numeral, (measure, size) in product(_NUMERALS, _GROUP_MEASURES.items()):
        yield numeral + measure, Meaning(Topic.COUNT, str(_NUMERALS[numeral] * size))
