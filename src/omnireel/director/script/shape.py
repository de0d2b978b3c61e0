"""What a script may hold: the shape of a language model's answer, as a JSON Schema and as it is checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from omnireel.director.subjects import MOST_OF_A_KIND, MOST_SUBJECTS
from omnireel.director.vocabulary import Topic, canonical
from omnireel.models import CameraMove, Framing, TimeOfDay, Transition, Weather

MOST_SHOTS: Final = 12
MOST_LETTERS: Final = 800
"""Characters of a shot's prompt."""
MOST_NAME: Final = 60
"""Characters of a subject's noun."""
MOST_WORDS: Final = 6
"""Styles of a clip; sounds of a shot."""
MOST_SCRIPT: Final = 64 * 1024
"""Characters of a whole script."""

Text = Annotated[str, Meta(min_length=1, max_length=MOST_LETTERS)]
Name = Annotated[str, Meta(min_length=1, max_length=MOST_NAME)]
Number = Annotated[int, Meta(ge=1)]
_FAULT = re.compile(r" - at `(.*)`$")
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class UnusableScript(ValueError):
    """The text is no script for its request; says where, in words of ours only."""


class ScriptSubject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody or something in a shot."""

    noun: Name
    count: Annotated[int, Meta(ge=1, le=MOST_OF_A_KIND)]
    colour: str | None
    size: str | None
    action: str | None
    image: Number | None


class ScriptShot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shot; `seconds` is its length and `images` are 1-based places in the request's images."""

    prompt: Text
    seconds: Annotated[float, Meta(gt=0)]
    images: Annotated[tuple[Number, ...], Meta(max_length=MOST_SHOTS)]
    camera: CameraMove | None
    framing: Framing | None
    place: str | None
    time_of_day: TimeOfDay | None
    weather: Weather | None
    mood: str | None
    transition: Transition
    subjects: Annotated[tuple[ScriptSubject, ...], Meta(max_length=MOST_SUBJECTS)]
    sounds: Annotated[tuple[str, ...], Meta(max_length=MOST_WORDS)]


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole answer."""

    styles: Annotated[tuple[str, ...], Meta(max_length=MOST_WORDS)]
    shots: Annotated[tuple[ScriptShot, ...], Meta(min_length=1, max_length=MOST_SHOTS)]


def read_script(text: str) -> Script:
    """The script in a text that is nothing else. Raises UnusableScript."""
    if len(text) > MOST_SCRIPT:
        raise UnusableScript(f"it has more than {MOST_SCRIPT} characters")
    try:
        script = msgspec.json.decode(text.encode("utf-8", "surrogatepass"), type=Script)
    except msgspec.ValidationError as error:
        # Only the place: the rest may repeat what a caller wrote.
        place = _FAULT.search(str(error))
        raise UnusableScript(f"it does not fit at {place[1] if place else '$'}") from None
    except (msgspec.DecodeError, RecursionError):
        raise UnusableScript("it is not JSON") from None
    _check_words(script)
    _check_texts(script)
    return script


def _check_texts(script: Script) -> None:
    """What ends in a result must be text that every database takes."""
    for place, shot in enumerate(script.shots):
        if _NO_TEXT.search(shot.prompt) or not shot.prompt.strip():
            raise UnusableScript(f"it does not fit at $.shots[{place}].prompt: no text")


def _check_words(script: Script) -> None:
    _known("styles", Topic.STYLE, script.styles)
    for place, shot in enumerate(script.shots):
        at = f"shots[{place}]"
        _known(f"{at}.place", Topic.PLACE, [shot.place])
        _known(f"{at}.mood", Topic.MOOD, [shot.mood])
        _known(f"{at}.sounds", Topic.NOISE, shot.sounds)
        for subject in shot.subjects:
            _known(f"{at}.subjects.colour", Topic.COLOUR, [subject.colour])
            _known(f"{at}.subjects.size", Topic.ADJECTIVE, [subject.size])
            _known(f"{at}.subjects.action", Topic.ACTION, [subject.action])


def _known(at: str, topic: Topic, words: Collection[str | None]) -> None:
    if not {word for word in words if word is not None} <= set(_words(topic)):
        raise UnusableScript(f"it does not fit at $.{at}: a word that nobody knows")


def _words(topic: Topic) -> tuple[str, ...]:
    return canonical(topic, "size") if topic is Topic.ADJECTIVE else canonical(topic)


def script_schema(images: int) -> dict[str, Any]:
    """The JSON Schema of a script for a request with so many images.

    It keeps to what every endpoint understands that can hold a model to a schema: types, enums, and every
    property required. Lengths and sums are said in the question, and checked.
    """
    subject = _object(
        noun={"type": "string"},
        count={"type": "integer"},
        colour=_maybe(_words(Topic.COLOUR)),
        size=_maybe(_words(Topic.ADJECTIVE)),
        action=_maybe(_words(Topic.ACTION)),
        image={"type": ["integer", "null"]},
    )
    shot = _object(
        prompt={"type": "string"},
        seconds={"type": "number"},
        images=_list({"type": "integer", **({"enum": list(range(1, images + 1))} if images else {})}),
        camera=_maybe(tuple(CameraMove)),
        framing=_maybe(tuple(Framing)),
        place=_maybe(_words(Topic.PLACE)),
        time_of_day=_maybe(tuple(TimeOfDay)),
        weather=_maybe(tuple(Weather)),
        mood=_maybe(_words(Topic.MOOD)),
        transition={"type": "string", "enum": list(Transition)},
        subjects=_list(subject),
        sounds=_list({"type": "string", "enum": list(_words(Topic.NOISE))}),
    )
    styles = _list({"type": "string", "enum": list(_words(Topic.STYLE))})
    return _object(styles=styles, shots=_list(shot))


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _maybe(words: Sequence[str]) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": [*words, None]}
