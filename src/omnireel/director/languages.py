"""Which languages a text is in, told by its script and by the small words every sentence has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from importlib import resources

from omnireel.director.tokens import Token


class Language(StrEnum):
    """The languages with a phrasebook of their own, besides English and Chinese, which share the first."""

    ARABIC = "ar"
    CHINESE = "zh"
    FRENCH = "fr"
    GERMAN = "de"
    HINDI = "hi"
    INDONESIAN = "id"
    JAPANESE = "ja"
    KOREAN = "ko"
    PORTUGUESE = "pt"
    RUSSIAN = "ru"
    SPANISH = "es"


_SCRIPTS = (
    (Language.JAPANESE, re.compile("[\u3040-\u30ff]")),
    (Language.KOREAN, re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    (Language.ARABIC, re.compile("[\u0600-\u06ff]")),
    (Language.HINDI, re.compile("[\u0900-\u097f]")),
    (Language.RUSSIAN, re.compile("[\u0400-\u04ff]")),
    (Language.CHINESE, re.compile("[\u3400-\u9fff]")),
)
_ENGLISH = "en"
LATIN = (Language.FRENCH, Language.GERMAN, Language.INDONESIAN, Language.PORTUGUESE, Language.SPANISH)
"""The languages written in the letters English is written in."""
_LETTERS = {
    Language.SPANISH: re.compile("[ñ¿¡]"),
    Language.GERMAN: re.compile("[ßäö]"),
    Language.PORTUGUESE: re.compile("[ãõêâ]"),
    Language.FRENCH: re.compile("[œèùîêâ]"),
}
_LETTER_VOTES = 2


@cache
def _small_words() -> dict[str, frozenset[str]]:
    text = (resources.files("omnireel.director") / "lexicon" / "small_words.txt").read_text("utf-8")
    lines = (line.partition(" = ") for line in text.splitlines() if " = " in line)
    return {language: frozenset(words.split()) for language, _, words in lines}


def scripts_of(tokens: Sequence[Token]) -> tuple[Language, ...]:
    """The languages of a text that its scripts tell; Chinese only where no Japanese kana stand beside it."""
    text = " ".join(token.text for token in tokens)
    found = [language for language, letters in _SCRIPTS if letters.search(text)]
    if Language.JAPANESE in found and Language.CHINESE in found:
        found.remove(Language.CHINESE)
    return tuple(found)


def latin_languages(words: Iterable[str]) -> tuple[Language | None, ...]:
    """What a text in Latin letters may be in, None for English: one where its small words tell, or those that
    tie, or all of them where it has no small words. Linear in the words."""
    votes: Counter[str] = Counter()
    for word in words:
        votes.update(language for language, known in _small_words().items() if word in known)
        for language, letters in _LETTERS.items():
            votes[language] += _LETTER_VOTES if letters.search(word) else 0
    most = max(votes.values(), default=0)
    best = [language for language in (_ENGLISH, *LATIN) if votes[language] == most]
    return tuple(None if language == _ENGLISH else Language(language) for language in best)
