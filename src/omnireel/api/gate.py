"""The strict gate between bytes and meaning: a JSON body becomes fields, its media stay where they lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from omnireel.errors import InvalidFormat, OutOfRange

MEDIA_FIELDS = ("images", "videos")
MOST_MARKS = 20_000
"""Quotes, and commas, that a body may hold. Base64 has none, so this bounds what decoding can allocate."""
MOST_BESIDES = 4 * 1024 * 1024
"""Bytes that everything but the media may take."""
LONGEST_VALUE = 64 * 1024
"""Bytes of JSON that any one value but a medium may take."""

_HALF_A_PAIR = re.compile(rb"\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|[c-fC-F])")
"""Looked for only in what is no JSON anyway, so a low half counts wherever it stands."""
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

Decoded = TypeVar("Decoded")


class _Media(msgspec.Struct):
    """The large parts of a body. Decoding to this allocates nothing for the rest."""

    images: msgspec.Raw = msgspec.Raw(b"")
    videos: msgspec.Raw = msgspec.Raw(b"")


@dataclass(frozen=True)
class SubmitBody:
    """A decoded body.

    In `fields` each string of `images` and `videos` is replaced by its label, such as `images[0]`; `media`
    has the JSON text behind each label, quotes included, as a view into the body.
    """

    fields: Mapping[str, object]
    media: Mapping[str, msgspec.Raw]


def decode(body: bytearray) -> SubmitBody:
    """Read a body strictly; of a key that comes twice the last counts. Raises InvalidFormat or OutOfRange."""
    _check_encoding(body)
    media: dict[str, msgspec.Raw] = {}
    fields: dict[str, object] = {}
    for name, raw in _members(body).items():
        is_media = name in MEDIA_FIELDS and _first_byte(raw) == b"["
        fields[name] = _entries(name, raw, media) if is_media else _value(name, raw)
    return SubmitBody(fields, media)


def _check_encoding(body: bytearray) -> None:
    if body.startswith(_BYTE_ORDER_MARKS):
        raise InvalidFormat("the body must be UTF-8 without a byte order mark")
    if not body or body.isspace():
        raise InvalidFormat("the body is empty; it must be a JSON object")
    if max(body.count(b'"'), body.count(b",")) > MOST_MARKS:
        raise InvalidFormat(f"the body has more than {MOST_MARKS} quotes or commas")


def _members(body: bytearray) -> dict[str, msgspec.Raw]:
    media = _top_level(body, _Media)
    besides = len(body) - len(memoryview(media.images)) - len(memoryview(media.videos))
    if besides > MOST_BESIDES:
        raise OutOfRange(f"the body beside its media must be at most {MOST_BESIDES} bytes, got {besides}")
    return _top_level(body, dict[str, msgspec.Raw])


def _top_level(body: bytearray, shape: type[Decoded]) -> Decoded:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError:
        raise InvalidFormat("the body must be a JSON object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json("the body", body, error) from None


def _entries(name: str, raw: msgspec.Raw, media: dict[str, msgspec.Raw]) -> list[object]:
    """The list in a media field, each non-empty string swapped for its label."""
    entries: list[object] = []
    for place, entry in enumerate(msgspec.json.decode(raw, type=list[msgspec.Raw])):
        label = f"{name}[{place}]"
        if _first_byte(entry) != b'"' or len(memoryview(entry)) <= 2:
            entries.append(_value(label, entry))
        else:
            media[label] = entry
            entries.append(label)
    return entries


def _value(name: str, raw: msgspec.Raw) -> object:
    size = len(memoryview(raw))
    if size > LONGEST_VALUE:
        raise OutOfRange(f"{_called(name)} must be at most {LONGEST_VALUE} bytes of JSON, got {size}")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(_called(name), memoryview(raw), error) from None


def _called(name: str) -> str:
    """A field by name, where the name is one to repeat."""
    return f"parameter '{name}'" if len(name) <= 64 and name.isprintable() else "a parameter"


def _not_json(what: str, text: bytearray | memoryview, error: Exception) -> InvalidFormat:
    match error:
        case _ if _HALF_A_PAIR.search(text):
            return InvalidFormat(f"{what} holds half of a surrogate pair (such as \\ud83d alone)")
        case RecursionError():
            return InvalidFormat(f"{what} is nested too deeply")
        case UnicodeDecodeError():
            return InvalidFormat(f"{what} is not UTF-8")
        case msgspec.ValidationError():
            return InvalidFormat(f"{what} holds a number that is out of every range")
    return InvalidFormat(f"{what} is not JSON: {error}")


def _first_byte(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:1])
