"""The strict gate between bytes and meaning: a JSON body becomes fields, its media stay where they lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from omnireel.errors import InvalidFormat, OutOfRange

MediaFields = Mapping[str, str | None]
"""The fields that hold media: strings, or objects which each have one under the member named."""
OUR_FIELDS: Final[MediaFields] = MappingProxyType({"images": None, "videos": None})
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


@dataclass(frozen=True)
class SubmitBody:
    """A decoded body.

    In `fields` each medium is replaced by its label, such as `images[0]`; `media` has the JSON text behind
    each label, quotes included, as a view into the body.
    """

    fields: Mapping[str, object]
    media: Mapping[str, msgspec.Raw]


def decode(body: bytearray, media_fields: MediaFields = OUR_FIELDS) -> SubmitBody:
    """Read a body strictly; of a key that comes twice the last counts. Raises InvalidFormat or OutOfRange."""
    _check_encoding(body)
    media: dict[str, msgspec.Raw] = {}
    fields: dict[str, object] = {}
    for name, raw in _members(body, media_fields).items():
        if name not in media_fields:
            fields[name] = _value(name, raw)
        else:
            fields[name] = _field(name, raw, media_fields[name], media)
    return SubmitBody(fields, media)


def _check_encoding(body: bytearray) -> None:
    if body.startswith(_BYTE_ORDER_MARKS):
        raise InvalidFormat("the body must be UTF-8 without a byte order mark")
    if not body or body.isspace():
        raise InvalidFormat("the body is empty; it must be a JSON object")
    if max(body.count(b'"'), body.count(b",")) > MOST_MARKS:
        raise InvalidFormat(f"the body has more than {MOST_MARKS} quotes or commas")


def _members(body: bytearray, media_fields: MediaFields) -> dict[str, msgspec.Raw]:
    media = msgspec.structs.astuple(_top_level(body, _only(*media_fields)))
    besides = len(body) - sum(len(memoryview(raw)) for raw in media)
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


@cache
def _only(*names: str) -> type[msgspec.Struct]:
    """What an object is decoded to for a few members. That allocates nothing for the rest."""
    return msgspec.defstruct("Only", [(name, msgspec.Raw, msgspec.Raw(b"")) for name in names])


def _field(name: str, raw: msgspec.Raw, member: str | None, media: dict[str, msgspec.Raw]) -> object:
    """What stands in a media field, each medium swapped for its label."""
    if _first_byte(raw) == b"[":
        entries = enumerate(msgspec.json.decode(raw, type=list[msgspec.Raw]))
        return [_entry(f"{name}[{place}]", entry, member, media) for place, entry in entries]
    # Alone, a string is a medium only where an object could stand for it: our own fields are lists.
    return _value(name, raw) if member is None else _entry(name, raw, member, media)


def _entry(label: str, raw: msgspec.Raw, member: str | None, media: dict[str, msgspec.Raw]) -> object:
    match _first_byte(raw):
        case b'"' if len(memoryview(raw)) > 2:
            media[label] = raw
            return label
        case b"{" if member is not None:
            return _object(label, raw, member, media)
    return _value(label, raw)


def _object(label: str, raw: msgspec.Raw, member: str, media: dict[str, msgspec.Raw]) -> dict[str, object]:
    (medium,) = msgspec.structs.astuple(_shaped(label, raw, _only(member)))
    besides = len(memoryview(raw)) - len(memoryview(medium))
    if besides > LONGEST_VALUE:
        raise OutOfRange(f"parameter '{label}' beside its medium must be at most {LONGEST_VALUE} bytes")
    members = _shaped(label, raw, dict[str, msgspec.Raw])
    return {
        name: _entry(f"{label}.{name}", value, None, media) if name == member else _value(label, value)
        for name, value in members.items()
    }


def _value(name: str, raw: msgspec.Raw) -> object:
    size = len(memoryview(raw))
    if size > LONGEST_VALUE:
        raise OutOfRange(f"{_called(name)} must be at most {LONGEST_VALUE} bytes of JSON, got {size}")
    return _shaped(name, raw, object)


def _shaped(name: str, raw: msgspec.Raw, shape: type[Decoded]) -> Decoded:
    try:
        return msgspec.json.decode(raw, type=shape)
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
