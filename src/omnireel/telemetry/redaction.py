"""What no log line and no span may hold, taken out of text: by its shape, or because it is known.

Standard library only: child processes use it too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Final

HIDDEN: Final = "***"
LONGEST: Final = 16_384
"""Characters of one text that are kept."""

_LONGEST_BASE64: Final = 256
_DEEPEST: Final = 6
_MOST_ITEMS: Final = 200
_SHORTEST_PRIVATE: Final = 4
_RUN: Final = 12
"""So many characters in a row that also stand in a private text are not told."""

_KEY: Final = re.compile(r"\bomr_live_[0-9A-Za-z]+")
_WEBHOOK_SECRET: Final = re.compile(r"\bwhsec_[0-9A-Za-z+/=_-]+")
_SECRET_KEY: Final = re.compile(r"\bomr_sk_[0-9A-Za-z_-]+")
_SIGNED_TOKEN: Final = re.compile(r"\beyJ[0-9A-Za-z_-]+\.eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*")
"""A JWT: both of its first parts are JSON objects."""
_BEARER: Final = re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',]+")
_PASSWORD_IN_URL: Final = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^\s\"'@/:]*:[^\s\"']*@")
_QUERY: Final = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s\"'?#<>]*)[?#][^\s\"'<>]*")
_ASSIGNED: Final = re.compile(
    r"(?i)\b(password|passwd|pwd|secret|signature|token|api[_-]?key|x-(?:amz|goog)-[a-z-]+)(=|%3D)[^\s&\"',;]+"
)
_DETAIL: Final = re.compile(r"(DETAIL:\s*|Failing row contains ).*")
_BASE64: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{_LONGEST_BASE64 + 1},}}={{0,2}}")
_SECRET_NAMES: Final = frozenset(
    {"authorization", "password", "secret", "signature", "cookie", "database", "api_key"}
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without anything that has a secret's shape, and without these secrets."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = _KEY.sub(f"omr_live_{HIDDEN}", text)
    text = _WEBHOOK_SECRET.sub(f"whsec_{HIDDEN}", text)
    text = _SECRET_KEY.sub(f"omr_sk_{HIDDEN}", text)
    text = _SIGNED_TOKEN.sub(HIDDEN, text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _PASSWORD_IN_URL.sub(rf"\1{HIDDEN}@", text)
    text = _QUERY.sub(rf"\1?{HIDDEN}", text)
    text = _ASSIGNED.sub(rf"\1\2{HIDDEN}", text)
    # PostgreSQL repeats a row it refuses, prompt and all.
    text = _DETAIL.sub(rf"\1{HIDDEN}", text)
    text = _BASE64.sub(_length_of, text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def redacted(value: object, secrets: Iterable[str] = (), depth: int = 0) -> object:
    """A value for a log line or a span: plain, bounded, and with every text in it redacted."""
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping() if depth < _DEEPEST:
            return {
                redact(str(name), secrets): hidden_or(str(name), item, secrets, depth + 1)
                for name, item in list(value.items())[:_MOST_ITEMS]
            }
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            return [redacted(item, secrets, depth + 1) for item in list(value)[:_MOST_ITEMS]]
    return redact(str(value), secrets)


def hidden_or(name: str, value: object, secrets: Iterable[str] = (), depth: int = 0) -> object:
    """The value under this name, redacted; nothing of it when the name says that it is secret."""
    return HIDDEN if name.lower() in _SECRET_NAMES else redacted(value, secrets, depth)


def without(text: str, private: Iterable[str]) -> str:
    """The text with every longer run of characters taken out that also stands in a private text.

    Whoever writes a prompt into an error may shorten or quote it, so whole prompts are not enough.
    """
    hidden = bytearray(len(text))
    for words in private:
        # All against the text as it was: a run that one form takes out may be part of a longer one.
        for written in _forms(words):
            _mark(text, written, hidden)
    runs = groupby(zip(text, hidden, strict=True), key=itemgetter(1))
    return "".join(HIDDEN if is_hidden else "".join(map(itemgetter(0), run)) for is_hidden, run in runs)


def _mark(text: str, private: str, hidden: bytearray) -> None:
    """Set the bytes of those characters that belong to a run which also stands in a private text."""
    # Too short a text is found everywhere and tells nothing.
    if len(private) < _SHORTEST_PRIVATE:
        return
    run, at = min(_RUN, len(private)), 0
    while at + run <= len(text):
        length = run if text[at : at + run] in private else 0
        while length and at + length < len(text) and text[at : at + length + 1] in private:
            length += 1
        hidden[at : at + length] = b"\1" * length
        at += length or 1


def _forms(words: str) -> tuple[str, ...]:
    """A text as itself, and as Python and JSON write it between quotes."""
    return words, repr(words)[1:-1], json.dumps(words)[1:-1], json.dumps(words, ensure_ascii=False)[1:-1]


def _length_of(match: re.Match[str]) -> str:
    return f"<{len(match[0])} characters>"
