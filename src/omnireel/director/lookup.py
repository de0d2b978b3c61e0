"""What the words at a place in a text mean, in any of its languages or as a kind of thing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from omnireel.director.languages import LATIN, Language, latin_languages, scripts_of
from omnireel.director.phrasebook import Page, words_known
from omnireel.director.tokens import Token
from omnireel.director.vocabulary import Meaning, Topic, vocabulary
from omnireel.thesaurus.kin import MOST_WORDS, kin_of

Senses = tuple[Meaning, ...]
# What a text in another language may say in English; its small words look like English ones and are not.
_BORROWED = {
    Topic.STYLE, Topic.CAMERA, Topic.FRAMING, Topic.TWOS, Topic.SPEED, Topic.NOUN, Topic.WEATHER,
    Topic.LETTERING, Topic.VIDEO, Topic.STABILISE, Topic.BLUR, Topic.DESATURATE,
}  # fmt: skip
_SHORTEST_BORROWED = 4
_SHORTEST_NOUN = 3
_GROUPS = {"space": "sky", "nature": "thing"}


def languages_of(tokens: Sequence[Token]) -> tuple[Language, ...]:
    """The languages of a text other than English. Linear in the text.

    Where its small words leave it open, as in "un chat dort" or "gato", the language that knows most of it.
    """
    words = [token.text for token in tokens if token.text.isalpha() and token.text[0] < "\u0250"]
    open_to = latin_languages(words)
    if len(open_to) > 1:
        english = sum(bool(_known_in_english(word)) for word in words)
        if None in open_to and 2 * english >= len(words):
            open_to = (None,)
        else:
            known = {language: words_known(language, words) if language else english for language in open_to}
            open_to = (max(open_to, key=lambda language: (known[language], language is None)),)
    return (*scripts_of(tokens), *(language for language in open_to if language))


def _known_in_english(word: str) -> bool:
    return word in vocabulary().longest or kin_of(word) is not None


class Lookup:
    """One text's words, looked up. Lives only while the text is read."""

    def __init__(self, tokens: Sequence[Token], languages: Sequence[Language]) -> None:
        self._tokens = tokens
        self._texts = [token.text for token in tokens]
        self._pages = [Page(language, self._texts) for language in languages]
        self._foreign = any(language in LATIN for language in languages)

    def longest_phrase(self, place: int) -> tuple[int, Senses]:
        """How many tokens the longest known phrase has, at least 1, and its senses, if any."""
        if self._tokens[place].stop or self._tokens[place].reference:
            return 1, ()
        found = [page.longest_phrase(place) for page in self._pages]
        found.append(self._shared_phrase(place))
        length, senses = max(found, key=lambda phrase: phrase[0])
        if not self._foreign and self._texts[place].isascii():
            wide, kin = self._kin(place, length)
            length, senses = (wide, kin) if kin else (length, senses)
        return max(1, length), senses

    def _shared_phrase(self, place: int) -> tuple[int, Senses]:
        known = vocabulary()
        words = tuple(self._texts[place : place + known.longest.get(self._texts[place], 0)])
        for length in range(len(words), 0, -1):
            if (senses := known.senses.get(words[:length])) and (
                senses := self._allowed(words, length, senses)
            ):
                return length, senses
        return 0, ()

    def _allowed(self, words: Sequence[str], length: int, senses: Senses) -> Senses:
        if not self._foreign or not words[0].isascii() or words[0].isdigit():
            return senses
        if length == 1 and len(words[0]) < _SHORTEST_BORROWED:
            return ()
        return tuple(sense for sense in senses if sense.topic in _BORROWED)

    def _kin(self, place: int, known: int) -> tuple[int, Senses]:
        """A noun no table has, or one that goes on where a known phrase ends: "sea" and "sea cow"."""
        words = self._texts[place : place + MOST_WORDS]
        if len(words[0]) < _SHORTEST_NOUN:
            return 0, ()
        for length in range(len(words), known, -1):
            if (sense := _kin_sense(" ".join(words[:length]))) and (
                length == 1 or self._is_one_thing(place, length)
            ):
                return length, (sense,)
        return 0, ()

    def _is_one_thing(self, place: int, length: int) -> bool:
        """Whether several words name one thing, not a thing and its colour or size or what it does."""
        if any(token.stop or token.reference for token in self._tokens[place : place + length]):
            return False
        known = vocabulary().senses
        first, last = known.get((self._texts[place],), ()), known.get((self._texts[place + length - 1],), ())
        if any(sense.topic is Topic.ACTION for sense in last):
            return False
        return all(
            sense.topic in (Topic.NOUN, Topic.PLACE, Topic.STIR, Topic.NOISE, Topic.STYLE) for sense in first
        )


@lru_cache(maxsize=4096)
def _kin_sense(text: str) -> Meaning | None:
    kin = kin_of(text)
    if kin is None:
        return None
    return Meaning(Topic.NOUN, kin.noun, _GROUPS.get(kin.kind, kin.kind), plural=kin.plural)
