"""Reads a text: which known phrases it holds, in order, and which of them it negates."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from omnireel.director.languages import Language
from omnireel.director.lookup import Lookup, languages_of
from omnireel.director.tokens import Token, tokenize
from omnireel.director.vocabulary import Meaning, Topic
from omnireel.references import Reference

_NEGATION_REACH = 4
"""Unknown words that may stand between a negation and what it denies."""
# Words across which a negation goes on to the next phrase: "no rain or snow", "nothing like clay".
_CARRIES_NEGATION = {"or", "nor", "any", "like", "of", "as", "有", "用", "使", "出", "现", "任", "何", "或"}
_PREPOSITIONS = {"at", "in", "on", "by", "during", "from", "through", "over", "under"}
_TRANSPARENT = {
    Topic.DETERMINER,
    Topic.JOIN,
    Topic.COUNT,
    Topic.PRONOUN,
    Topic.ADJECTIVE,
    Topic.COLOUR,
    Topic.RELATION,
}
_REPLACEABLE = (Topic.STYLE, Topic.TIME, Topic.WEATHER)


@dataclass(frozen=True)
class Mention:
    """A known phrase or a reference, or a mark that ends a clause (then it has no senses).

    `first` and `last` are token numbers; `start` and `end` offsets in the text.
    """

    text: str
    first: int
    last: int
    start: int
    end: int
    senses: tuple[Meaning, ...] = ()
    negated: bool = False
    reference: Reference | None = None
    stop: bool = False

    def sense(self, topic: Topic) -> Meaning | None:
        """Its sense in a topic, if it has one."""
        return next((sense for sense in self.senses if sense.topic is topic), None)


@dataclass(frozen=True)
class Reading:
    """What was found in a text, in reading order."""

    text: str
    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    languages: tuple[Language, ...] = ()
    """Those besides English."""

    def senses(self, topic: Topic) -> tuple[Meaning, ...]:
        """The wanted senses of a topic: those the text does not negate."""
        found = (mention.sense(topic) for mention in self.mentions if not mention.negated)
        return tuple(sense for sense in found if sense)

    def first(self, topic: Topic) -> str | None:
        """The first wanted value of a topic."""
        return next((sense.value for sense in self.senses(topic)), None)

    def has(self, topic: Topic) -> bool:
        """Whether the text says anything, unnegated, about a topic."""
        return bool(self.senses(topic))

    def after(self, mention: Mention) -> Iterator[Mention]:
        """The mentions that follow one, in order."""
        place = bisect_right(self.mentions, mention.last, key=lambda other: other.first)
        return (self.mentions[later] for later in range(place, len(self.mentions)))

    def clauses(self) -> Iterator[tuple[Mention, ...]]:
        """The mentions clause by clause, without the marks between."""
        for is_stop, clause in groupby(self.mentions, key=lambda mention: mention.stop):
            if not is_stop:
                yield tuple(clause)

    def between(self, left: Mention, right: Mention) -> tuple[str, ...]:
        """The token texts that stand between two mentions."""
        return tuple(token.text for token in self.tokens[left.last + 1 : right.first])


# The shots of one prompt often share its text.
@lru_cache(maxsize=16)
def read(text: str, whole: str = "") -> Reading:
    """Find the longest known phrase at each place, left to right. Linear in the text.

    `whole` is the prompt that a short text is part of: it tells better what language they are in.
    """
    tokens = tokenize(text)
    languages = _languages(whole or text)
    lookup = Lookup(tokens, languages)
    mentions = _supersede(tuple(_negated(tokens, _mentions(tokens, lookup))))
    return Reading(text, tokens, mentions, languages)


@lru_cache(maxsize=16)
def _languages(text: str) -> tuple[Language, ...]:
    return languages_of(tokenize(text))


def _mentions(tokens: Sequence[Token], lookup: Lookup) -> Iterator[Mention]:
    place = 0
    while place < len(tokens):
        length, senses = lookup.longest_phrase(place)
        token, last = tokens[place], tokens[place + length - 1]
        if senses or token.reference or token.stop:
            text = " ".join(part.text for part in tokens[place : place + length])
            yield Mention(
                text,
                place,
                place + length - 1,
                token.start,
                last.end,
                senses,
                reference=token.reference,
                stop=token.stop,
            )
        place += length


def _negated(tokens: Sequence[Token], mentions: Iterable[Mention]) -> Iterator[Mention]:
    """Carry each negation to the phrase it denies, and on over `or` to the ones listed after it."""
    active, denied_one, previous = False, False, -1
    for mention in mentions:
        gap = [token.text for token in tokens[previous + 1 : mention.first]]
        reaches = _carries_on(gap, mention) if denied_one else len(gap) <= _NEGATION_REACH
        active = active and reaches and not mention.stop and not mention.sense(Topic.AFFIRMATION)
        transparent = any(sense.topic in _TRANSPARENT for sense in mention.senses)
        yield replace(mention, negated=active and not transparent)
        denied_one = denied_one or (active and not transparent)
        if mention.sense(Topic.NEGATION):
            active, denied_one = True, False
        previous = mention.last


def _carries_on(gap: Sequence[str], mention: Mention) -> bool:
    """ "without cars or people" goes on; "without cars at night" has said what is missing."""
    return (
        all(text in _CARRIES_NEGATION for text in gap) and mention.text.partition(" ")[0] not in _PREPOSITIONS
    )


def _supersede(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """In "from clay to watercolor" the first is what there is, not what is wanted."""
    found = list(mentions)
    source: int | None = None
    target: int | None = None
    for place, mention in enumerate(mentions):
        if mention.stop:
            source = target = None
        elif mention.sense(Topic.FROM):
            source, target = place, None
        elif source is not None and mention.sense(Topic.TO):
            target = place
        elif source is not None and target is not None and _is_replaceable(mention):
            found[source:target] = [_superseded(earlier) for earlier in mentions[source:target]]
            source = target = None
    return tuple(found)


def _superseded(mention: Mention) -> Mention:
    return replace(mention, negated=True) if _is_replaceable(mention) else mention


def _is_replaceable(mention: Mention) -> bool:
    return any(sense.topic in _REPLACEABLE for sense in mention.senses)
