"""Cuts a prompt into tokens: a word each for spaced scripts, a character each for Chinese and hiragana, and a
run each for katakana."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from omnireel.director.lettering import without_lettering
from omnireel.references import Reference, find_references, without_references

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々"
_HIRAGANA = "\u3041-\u3096"
_KATAKANA = "\u30a1-\u30fa\u30fc\uff66-\uff9f"
_UNSPACED = _HAN + _HIRAGANA + _KATAKANA
# Vowel signs and accents written apart: letters of their words, though Unicode does not call them so.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
_WORD = rf"[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|[{_MARKS}])*"
_PIECE = re.compile(
    rf"[{_HAN}{_HIRAGANA}]|[{_KATAKANA}]+|{_WORD}(?:['’]{_WORD})?"
    r"|[.,;:!?()\[\]\"“”«»„\n,。;:!?()【】「」『』、…—।،؛؟]"
)
_JOINERS = {"、"}
# Adverbs of manner stand anywhere in a phrase ("pans slowly to the left") and change nothing we read.
_MANNER = {
    "slowly", "gently", "smoothly", "slightly", "gradually", "steadily", "quickly", "softly", "gracefully",
    "suddenly", "rapidly",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A piece of a prompt. `start` and `end` are offsets in it; `text` is compatibility-folded lower case."""

    text: str
    start: int
    end: int
    stop: bool = False
    """A mark that ends a clause."""
    reference: Reference | None = None


def tokenize(prompt: str) -> tuple[Token, ...]:
    """Every token in reading order. Hyphens and spaces only part words; a reference is one token."""
    words = (_token(match) for match in _PIECE.finditer(without_lettering(without_references(prompt))))
    kept = [token for token in words if token.text not in _MANNER and token.text not in _JOINERS]
    return tuple(sorted([*kept, *_reference_tokens(prompt)], key=lambda token: token.start))


def words_of(phrase: str) -> tuple[str, ...]:
    """A lexicon phrase cut the way prompts are, marks dropped."""
    return tuple(token.text for token in tokenize(phrase) if not token.stop)


def _reference_tokens(prompt: str) -> Iterator[Token]:
    return (Token("", ref.start, ref.start + len(ref.text), reference=ref) for ref in find_references(prompt))


def _token(match: re.Match[str]) -> Token:
    text = _fold(match.group())
    return Token(text, match.start(), match.end(), stop=not any(char.isalnum() for char in text))


def _fold(piece: str) -> str:
    text = unicodedata.normalize("NFKC", piece).casefold().replace("’", "'")
    return text.removesuffix("'s")
