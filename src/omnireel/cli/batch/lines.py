"""The requests of a batch, read from JSON lines, every one of them checked before any is sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from omnireel.client._videos import VideoOptions
from omnireel.errors import InvalidRequest

MOST_LINES: Final = 10_000
LONGEST_LINE: Final = 64 * 1024 * 1024
MOST_FAULTS: Final = 10

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_THE_VENDORS: Final = {"modelSlug", "body"}


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _switch(value: object) -> bool:
    return isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _either(value: object) -> bool:
    return _switch(value) or _text(value)


FIELDS: Final[Mapping[str, Callable[[object], bool]]] = {
    "prompt": _text,
    "model": _text,
    "images": _texts,
    "video": _text,
    "mode": _text,
    "aspect_ratio": _text,
    "duration": _number,
    "sound": _either,
    "multi_shot": _switch,
    "seed": _number,
    "negative_prompt": _text,
    "image_types": _texts,
    "video_type": _text,
    "keep_original_sound": _switch,
    "engine": _text,
    "webhook_url": _text,
    "priority": _text,
    "deadline_seconds": _number,
}
"""What a line may hold beside its `id`, and what that must be. A server judges the values."""


@dataclass(frozen=True)
class Line:
    """One request. `ident` is the same in every run; `name` is the caller's own, where there is one."""

    number: int
    ident: str
    name: str | None
    prompt: str
    options: VideoOptions

    @property
    def label(self) -> str:
        return self.name or f"line {self.number}"


def read_lines(texts: Iterable[str]) -> list[Line]:
    """The requests, in order; empty lines are passed over. Raises InvalidRequest naming what is wrong where.

    A line is known by its content and by how many like it came before, not by its number: lines that are
    added, taken out or moved leave the others what they were.
    """
    lines: list[Line] = []
    faults: list[str] = []
    alike: Counter[str] = Counter()
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            continue
        if len(lines) == MOST_LINES:
            raise InvalidRequest(f"a batch has at most {MOST_LINES} lines")
        try:
            lines.append(_line(number, text, alike))
        except InvalidRequest as error:
            faults.append(f"line {number}: {error}")
    faults += _taken_twice(lines)
    if faults:
        more = f"\n… and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise InvalidRequest("\n".join(faults[:MOST_FAULTS]) + more)
    if not lines:
        raise InvalidRequest("the batch is empty")
    return lines


def _line(number: int, text: str, alike: Counter[str]) -> Line:
    if len(text) > LONGEST_LINE:
        raise InvalidRequest(f"longer than {LONGEST_LINE} characters")
    document = _document(text)
    name = document.pop("id", None)
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise InvalidRequest("'id' must be a name of letters, digits, '.', '_' and '-', such as 'fox-1'")
    fields = _plain(document)
    _check(fields)
    content = json.dumps([name, fields], sort_keys=True)
    alike[content] += 1
    ident = hashlib.sha256(f"{alike[content]}\n{content}".encode(errors="surrogatepass")).hexdigest()[:32]
    prompt = fields.pop("prompt")
    return Line(number, ident, name, prompt, cast("VideoOptions", fields))


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"not JSON ({error})") from None
    if not isinstance(document, dict):
        raise InvalidRequest('not an object, such as {"prompt": "a fox"}')
    return document


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """The fields by our names; the wire's own spelling and modellix-cli's lines are understood too."""
    if document.keys() == _THE_VENDORS and isinstance(document["body"], dict):
        document = {"model": document["modelSlug"], **document["body"]}
    fields = {name: value for name, value in document.items() if value is not None}
    videos = fields.pop("videos", None)
    if isinstance(videos, list) and len(videos) == 1 and "video" not in fields:
        fields["video"] = videos[0]
    elif videos is not None:
        raise InvalidRequest("'videos' must be a list of one, and 'video' not be there too")
    if fields.get("multi_shot") is True and fields.get("shot_type") == "intelligence":
        del fields["shot_type"]
    return fields


def _check(fields: Mapping[str, object]) -> None:
    if "prompt" not in fields:
        raise InvalidRequest("'prompt' is missing")
    for name, value in fields.items():
        good = FIELDS.get(name)
        if good is None:
            raise InvalidRequest(f"there is no field {name[:40]!r}; there are id, {', '.join(FIELDS)}")
        if not good(value):
            raise InvalidRequest(f"{name!r} cannot be {json.dumps(value)[:60]}")


def _taken_twice(lines: list[Line]) -> list[str]:
    names = Counter(line.name for line in lines if line.name is not None)
    return [f"id {name!r} is there {count} times" for name, count in names.items() if count > 1]
