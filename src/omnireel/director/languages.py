"""Which languages a text is in, told by its script and by the small words every sentence has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum

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
_SMALL_WORDS = {
    _ENGLISH: "the of and to is are with at on by from its his her while into as it an over under through near "
    "this that their make turn style shot camera a in",
    Language.SPANISH: "el los las un una unos unas y con por del al su sus que muy sobre bajo junto hacia mientras estilo "
    "está están en la de se es sin noche cámara",
    Language.FRENCH: "le les un une des et avec dans du au aux sur sous son sa ses qui très vers pendant il elle "
    "est sont la de se sans en d l nuit caméra",
    Language.GERMAN: "der die das ein eine einen einem einer und mit im am auf unter vor hinter über zum zur den dem "
    "des ist sind während sich bei von durch nicht nacht stil kamera in",
    Language.PORTUGUESE: "o os um uma uns umas e com por do da dos das no na nos nas ao seu sua que muito sobre "
    "sob enquanto está estão em de se não noite câmera estilo para pelo pela três",
    Language.INDONESIAN: "yang di dan dengan pada ke dari untuk adalah seekor sebuah seorang sedang saat itu ini "
    "tidak dalam atas bawah para malam kamera gaya",
}  # fmt: skip
_VOTES = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_LETTERS = {
    Language.SPANISH: re.compile("[ñ¿¡]"),
    Language.GERMAN: re.compile("[ßäö]"),
    Language.PORTUGUESE: re.compile("[ãõêâ]"),
    Language.FRENCH: re.compile("[œèùîêâ]"),
}
_LETTER_VOTES = 2


LATIN = tuple(language for language in Language if language in _SMALL_WORDS)
"""The languages written in the letters English is written in."""


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
        votes.update(language for language, known in _VOTES.items() if word in known)
        for language, letters in _LETTERS.items():
            votes[language] += _LETTER_VOTES if letters.search(word) else 0
    most = max(votes.values(), default=0)
    best = [language for language in (_ENGLISH, *LATIN) if votes[language] == most]
    return tuple(None if language == _ENGLISH else Language(language) for language in best)
