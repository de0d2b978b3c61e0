"""The words of one language besides English and Chinese: `lexicon/ja.txt` and Unicode's names of things.

A phrasebook file has a heading `[topic]`, or `[topic class]`, over lines `canonical = form, form, …`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from omnireel.director.folding import Fold, folds
from omnireel.director.languages import Language
from omnireel.director.tokens import words_of
from omnireel.director.vocabulary import Meaning, Topic, table_lines, vocabulary
from omnireel.thesaurus.kin import kin_of

Senses = tuple[Meaning, ...]
_ADDS_S = {Language.SPANISH, Language.PORTUGUESE, Language.FRENCH}
_SHORTEST_HEAD = 4
_GROUPS = {"space": "sky", "nature": "thing"}
"""Kinds of pictures by the classes of the director's own list of nouns."""


@dataclass(frozen=True)
class _Layer:
    """Phrases as folded words. `longest` is the most words of any that begins with a word."""

    fold: Fold
    senses: dict[tuple[str, ...], Senses]
    longest: dict[str, int]


class Page:
    """One text, folded every way a language's phrasebook compares words. Lives only while it is read."""

    def __init__(self, language: Language, texts: Sequence[str]) -> None:
        self._language = language
        self._texts = texts
        self._layers = [(layer, [layer.fold(text) for text in texts]) for layer in phrasebook(language)]

    def longest_phrase(self, place: int) -> tuple[int, Senses]:
        """How many words the longest known phrase at a place has, and its senses; the exactest form wins."""
        best: tuple[int, Senses] = (0, ())
        for layer, words in self._layers:
            for length in range(min(layer.longest.get(words[place], 0), len(words) - place), best[0], -1):
                if senses := layer.senses.get(tuple(words[place : place + length])):
                    best = length, self._counted(senses, place + length - 1)
                    break
        return best if best[0] else self._head(place)

    def _counted(self, senses: Senses, last: int) -> Senses:
        text = self._texts[last]
        many = self._language in _ADDS_S and text.endswith("s") and len(text) > _SHORTEST_HEAD
        return tuple(replace(sense, plural=many and sense.topic is Topic.NOUN) for sense in senses)

    def _head(self, place: int) -> tuple[int, Senses]:
        """What a compound ends in: Segelboot is a Boot."""
        if self._language not in (Language.GERMAN, Language.JAPANESE):
            return 0, ()
        layer, words = self._layers[min(1, len(self._layers) - 1)]
        word = words[place]
        for start in range(2, len(word) - _SHORTEST_HEAD + 1):
            senses = layer.senses.get((word[start:],), ())
            if nouns := tuple(sense for sense in senses if sense.topic is Topic.NOUN):
                return 1, nouns
        return 0, ()


def words_known(language: Language, texts: Sequence[str]) -> int:
    """How many words of a text begin a phrase of a language."""
    return sum(any(layer.fold(text) in layer.longest for layer in phrasebook(language)[:2]) for text in texts)


@cache
def phrasebook(language: Language) -> tuple[_Layer, ...]:
    """A language's phrases, from exact to coarse. Read once, when a text in it comes."""
    own = [(words_of(phrase), meaning) for phrase, meaning in _own_entries(language)]
    said = set(vocabulary().senses) if language is Language.CHINESE else {words for words, _ in own}
    # What the phrasebook itself says of a word counts for more than what some picture is called.
    named = ((words_of(name), meaning) for name, meaning in _named_entries(language))
    entries = [*own, *((words, meaning) for words, meaning in named if words not in said)]
    return tuple(_layer(language, fold, entries) for fold in folds(language))


def _layer(language: Language, fold: Fold, entries: Sequence[tuple[tuple[str, ...], Meaning]]) -> _Layer:
    senses: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    longest: dict[str, int] = defaultdict(int)
    # Korean nouns may end in what is a particle elsewhere: only the prompt's words are cut.
    spelled = folds(language)[0] if language is Language.KOREAN else fold
    for words, meaning in entries:
        key = tuple(spelled(word) for word in words)
        if key and all(sense.topic is not meaning.topic for sense in senses[key]):
            senses[key].append(meaning)
            longest[key[0]] = max(longest[key[0]], len(key))
    return _Layer(fold, {key: tuple(found) for key, found in senses.items()}, dict(longest))


def _own_entries(language: Language) -> Iterator[tuple[str, Meaning]]:
    if language is Language.CHINESE:
        return  # The shared tables have it.
    classes = _classes()
    for heading, value, forms in table_lines(_lines(f"{language}.txt")):
        name, _, group = heading.partition(" ")
        topic = Topic(name)
        # A word for something that nothing here does yet says nothing: no look is called summer.
        if topic is Topic.NOUN or (topic, value) in classes:
            group = group or classes.get((topic, value)) or _kind(value)
            yield from ((form, Meaning(topic, value, group)) for form in forms)


def _named_entries(language: Language) -> Iterator[tuple[str, Meaning]]:
    for _, value, forms in table_lines(_lines(f"names/{language}.txt")):
        group = _classes().get((Topic.NOUN, value)) or _kind(value)
        yield from ((form, Meaning(Topic.NOUN, value, group)) for form in forms)


def _lines(name: str) -> list[str]:
    folder = resources.files("omnireel.director") / "lexicon"
    return (folder / name).read_text("utf-8").splitlines()


@cache
def _classes() -> dict[tuple[Topic, str], str]:
    """The class of each canonical word in the English and Chinese tables."""
    known = vocabulary().senses.values()
    return {(sense.topic, sense.value): sense.group for senses in known for sense in senses}


def _kind(noun: str) -> str:
    kin = kin_of(noun)
    return _GROUPS.get(kin.kind, kin.kind) if kin else "thing"
