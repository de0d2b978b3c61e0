"""Words that stand where a thing should and that nobody here knows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from omnireel.director.reading import Mention, Reading
from omnireel.director.vocabulary import Topic
from omnireel.models import JobKind

MOST_WORDS = 5
_SHORTEST = 4
_WEARS = {"wearing", "wears", "wore", "dressed", "戴", "穿"}
_LONG_AGO = -1000
_WEARS_REACH = 5
"""Tokens from "wearing" to what is worn, and on to the next thing worn."""
_LONGEST = 30
_LEADS = {Topic.COUNT, Topic.COLOUR, Topic.ADJECTIVE}
_FOLLOWS = {Topic.ACTION, Topic.RELATION, Topic.JOIN, Topic.PRONOUN}
_CONNECTS = {
    "in",
    "at",
    "that",
    "which",
    "who",
    "is",
    "are",
    "was",
    "from",
    "of",
    "for",
    "as",
    "inside",
    "through",
}


def not_understood(reading: Reading, kind: JobKind) -> tuple[str, ...]:
    """A sentence naming the words that were not understood, for what is composed from words alone."""
    if kind not in (JobKind.TEXT, JobKind.SUBJECTS):
        return ()
    if not any(mention.senses or mention.reference for mention in reading.mentions):
        said = any(token.text.isalpha() for token in reading.tokens)
        return ("Nothing in the prompt was understood.",) if said else ()
    words = tuple(dict.fromkeys(_unknown(reading)))[:MOST_WORDS]
    named = ", ".join(f'"{word}"' for word in words)
    sentences = [f"These words were not understood and are not in the picture: {named}."] if words else []
    if worn := dict.fromkeys(noun for noun in worn_nouns(reading).values()):
        sentences.append(f"What people wear cannot be chosen: {', '.join(worn)}.")
    return tuple(sentences)


def worn_nouns(reading: Reading) -> dict[int, str]:
    """What somebody wears, by the first token of its noun: clothes do not stand about by themselves."""
    worn: dict[int, str] = {}
    since = _LONG_AGO
    wears = [place for place, token in enumerate(reading.tokens) if token.text in _WEARS]
    for mention in reading.mentions:
        while wears and wears[0] < mention.first:
            since = wears.pop(0)
        if mention.stop or mention.sense(Topic.ACTION):
            since = _LONG_AGO
        noun = mention.sense(Topic.NOUN)
        if noun and 0 < mention.first - since <= _WEARS_REACH:
            worn[mention.first] = mention.text
            since = mention.last
    return worn


def _unknown(reading: Reading) -> Iterator[str]:
    """English nouns by their place: after a count, colour or adjective, and before what ends a phrase."""
    for mention, after in pairwise([*reading.mentions, None]):
        if mention is None or mention.negated or not any(mention.sense(topic) for topic in _LEADS):
            continue
        known = mention.sense(Topic.NOUN) or mention.sense(Topic.ACTION)
        if known or not mention.text.isascii():
            continue
        end = after.first if after else len(reading.tokens)
        between = reading.tokens[mention.last + 1 : end]
        words = []
        for token in between:
            if token.text in _CONNECTS:
                break
            words.append(token.text)
        closed = len(words) < len(between) or _closes(after)
        if 1 <= len(words) <= 2 and closed and _is_word(words[-1]):
            yield words[-1]


def _closes(after: Mention | None) -> bool:
    return after is None or after.stop or any(after.sense(topic) for topic in _FOLLOWS)


def _is_word(text: str) -> bool:
    return text.isascii() and text.isalpha() and _SHORTEST <= len(text) <= _LONGEST
