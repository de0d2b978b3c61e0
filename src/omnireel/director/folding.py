"""Word forms folded to a common stem, language by language: inflected words meet their dictionary form."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

from omnireel.director.languages import Language

Fold = Callable[[str], str]

_SHORTEST_STEM = 3
_MOST_CUTS = 3
_ENDINGS: dict[Language, tuple[str, str]] = {
    # Plurals and cases first; then, coarser, what verbs and adjectives end in.
    Language.SPANISH: (
        "es s",
        "iendose andose iendo yendo ando aron ieron ados adas idos idas ado ada ido ida ito ita itos itas aban "
        "aba ian ia ar er ir an en es os as a o e s",
    ),
    Language.PORTUGUESE: (
        "oes aes es s",
        "ando endo indo aram eram iram ados adas idos idas ado ada ido ida inho inha ava avam ia iam ar er ir am "
        "em oes ao es os as a o e s",
    ),
    Language.FRENCH: (
        "s x",
        "issant aient antes ants ante ant ent ait ais ees es ee er ez ir it ons e s x t",
    ),
    Language.GERMAN: (
        "ern en er es em e n s",
        "enden endes ender ende end ten test tet te chen lein innen in est et ern en er es em st e n s t",
    ),
    Language.INDONESIAN: ("nya lah", "nya lah kan an i"),
    Language.RUSSIAN: (
        "ами ями ах ях ов ев ей ам ям ою ой ом ем ью ы и а я у ю е о ь",
        "ается яется иваются аются ющий ющая ющее ющие ящий ящая ящие ащий ущий ущая ущие ывает ивает ится ется "
        "утся ются ятся ает яет еет ует ают яют еют ишь ешь ого его ому ему ыми ими ала ила ула али или ать ять "
        "ить еть ует ами ями ый ий ой ая яя ое ее ые ие ую юю ым им ом ем ых их ит ет ут ют ат ят ал ил ах ях ов "
        "ев ей ам ям ы и а я у ю е о ь",
    ),
    Language.ARABIC: ("", "ات ين ون ان ها ه ي ا"),
    Language.HINDI: ("ियाँ ियां ें ों े", "ियाँ ियां ते ता ती ना ने नी ें ों े ा ी ो"),
    Language.KOREAN: (
        "에서는 에서 에게 으로 처럼 하고 까지 부터 이랑 들이 들은 들을 들의 들 은 는 이 가 을 를 에 의 도 로 와 과 랑",
        "하고있는 하는 한다 했다 하며 하고 면서 는다 었다 았다 였다 습니다 는 고 며 다 지 어 아",
    ),
}  # fmt: skip
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
def folds(language: Language) -> tuple[Fold, ...]:
    """From exact to coarse: how words of a language are compared."""
    plain = _plainly(language)
    if language not in _ENDINGS:
        return (plain,)
    light, full = (_cutter(language, endings.split()) for endings in _ENDINGS[language])
    return (plain, lambda word: light(plain(word)), lambda word: full(plain(word)))


def _plainly(language: Language) -> Fold:
    if language in _MARKED or language not in _ENDINGS:
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
