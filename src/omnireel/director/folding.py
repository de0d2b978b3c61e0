"""Word forms folded to a common stem, language by language: inflected words meet their dictionary form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import resources

from omnireel.director.languages import Language

Fold = Callable[[str], str]

_SHORTEST_STEM = 3
_MOST_CUTS = 3
_FOLDED = frozenset(Language) - {Language.CHINESE, Language.JAPANESE}
_PREFIXES = {
    Language.INDONESIAN: "meng meny mem men ber ter per me di se",
    Language.ARABIC: "وال فال بال كال لل ال",
}
_SHORT_WORDS = {Language.KOREAN: 1, Language.RUSSIAN: 2, Language.HINDI: 1, Language.ARABIC: 2}
_ALIKE = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ё": "е", "ß": "s"})
_BREVE = "\u0306"
"""It makes an й, which is a letter of its own."""
_MARKED = {Language.HINDI, Language.KOREAN}
"""Scripts in which marks are letters, not accents."""


@cache
def _endings() -> dict[str, str]:
    text = (resources.files("omnireel.director") / "lexicon" / "endings.txt").read_text("utf-8")
    lines = (line.partition(" = ") for line in text.splitlines() if not line.startswith("#"))
    return {name: endings for name, _, endings in lines}


@cache
def folds(language: Language) -> tuple[Fold, ...]:
    """From exact to coarse: how words of a language are compared."""
    plain = _plainly(language)
    if language not in _FOLDED:
        return (plain,)
    light, full = (_cutter(language, _endings()[f"{language} {kind}"].split()) for kind in ("light", "full"))
    return (plain, lambda word: light(plain(word)), lambda word: full(plain(word)))


def _plainly(language: Language) -> Fold:
    if language in _MARKED or language not in _FOLDED:
        return lambda word: unicodedata.normalize("NFC", word)
    return _without_accents


def _without_accents(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.translate(_ALIKE))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter) or letter == _BREVE)
    return unicodedata.normalize("NFC", kept)


def _cutter(language: Language, endings: list[str]) -> Fold:
    ordered = sorted(endings, key=len, reverse=True)
    prefixes = _PREFIXES.get(language, "").split()
    shortest = _SHORT_WORDS.get(language, _SHORTEST_STEM)
    # A Korean noun may end in what is a particle elsewhere: 고양이가 is cut once.
    cuts = 1 if language is Language.KOREAN else _MOST_CUTS

    def cut(word: str) -> str:
        for prefix in prefixes:
            if word.startswith(prefix) and len(word) - len(prefix) >= max(2, shortest):
                word = word.removeprefix(prefix)
                break
        # Again and again, so that a word which is itself a stem and an ending folds like its longer forms.
        for _ in range(cuts):
            ending = next(
                (end for end in ordered if word.endswith(end) and len(word) - len(end) >= shortest), ""
            )
            if not ending:
                break
            word = word.removesuffix(ending)
        return word

    return cut
