"""Cuts a prompt into tokens: a word each for spaced scripts, a character each for Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from omnireel.director.references import Reference, find_references, without_references

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECE = re.compile(
    rf"[{_HAN}]|[^\W_{_HAN}]+(?:['’][^\W_{_HAN}]+)?|[.,;:!?()\[\]\"“”\n,。;:!?()【】「」、…—]"
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
    words = (_token(match) for match in _PIECE.finditer(without_references(prompt)))
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
