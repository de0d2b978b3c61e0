"""From what a Kling client asks for to our own submit. Pure.

What Kling says of its fields is followed where it is published: empty text, empty lists and null stand for
nothing, `prompt` counts only without a storyboard, `duration` only where no source video sets the length.
What is dropped for that is said in the task's warnings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from omnireel.api.dialects.kling.shots import FIELD as STORYBOARD
from omnireel.api.dialects.kling.shots import storyboard, whole_seconds
from omnireel.api.dialects.names import ignored
from omnireel.api.gate import MediaFields
from omnireel.api.inputs import Medium
from omnireel.api.submitting import Wanted
from omnireel.catalog.model import Model
from omnireel.catalog.wording import kind_of, listed, shown
from omnireel.errors import InvalidFormat, MissingParameter, NotFound, OutOfRange

IMAGES: Final = "image_list"
VIDEOS: Final = "video_list"
EXTERNAL_ID: Final = "external_task_id"
CALLBACK: Final = "callback_url"
LONGEST_EXTERNAL_ID: Final = 255
"""Characters. Kling names no limit."""
MEDIA: Final[MediaFields] = MappingProxyType({IMAGES: "image_url", VIDEOS: "video_url"})
DEFAULT_MODEL: Final = "kling-video-o1"
DEFAULT_SECONDS: Final = 5
_MODELS: Final = MappingProxyType(
    {
        "kling-video-o1": "kling/kling-video-o1",
        "kling-v3-omni": "kling/kling-v3-omni-video",
        "kling-v3-omni-video": "kling/kling-v3-omni-video",
    }
)
"""Ours by Kling's names."""
_ANY_LENGTH: Final = "kling/kling-v3-omni-video"
_O1_LENGTHS: Final = range(3, 11)
"""What Kling's O1 makes where pictures or a video are references; ours makes 5 and 10."""
_ROLES: Final = {"first_frame": "first_frame", "end_frame": "last_frame"}
_UNTYPED: Final = "reference"
_KINDS: Final = {"base": "edit", "feature": "reference"}
_AS_THEY_ARE: Final = ("prompt", "negative_prompt", "sound", "mode", "aspect_ratio", "seed", "engine")
_NOT_HERE: Final = ("element_list", "voice_list")
KNOWN: Final = (
    *_AS_THEY_ARE,
    *_NOT_HERE,
    "model_name",
    "multi_shot",
    "shot_type",
    STORYBOARD,
    IMAGES,
    VIDEOS,
    "duration",
    "watermark_info",
    CALLBACK,
    EXTERNAL_ID,
)
NAMES: Final = MappingProxyType(
    {"images": IMAGES, "image_types": IMAGES, "videos": VIDEOS, "external_id": EXTERNAL_ID}
)
"""Our fields by Kling's names; the others have the same."""


@dataclass(frozen=True)
class Asked:
    """A create's body, understood. `names` are those in which to tell what our rules refuse."""

    wanted: Wanted
    external_id: str | None
    callback_url: str | None
    names: Mapping[str, str]


def asked(
    sent: Mapping[str, object], media: Mapping[str, Medium], models: Mapping[str, Model], *, strict: bool
) -> Asked:
    """What `POST /v1/videos/omni-video` asks for. Raises InvalidRequest or NotFound."""
    unknown = ignored(sent, KNOWN, strict=strict)
    fields = {name: value for name, value in sent.items() if value is not None and value not in ("", [])}
    _refuse_what_is_not_here(fields)
    images, videos = _entries(fields, IMAGES, media), _entries(fields, VIDEOS, media)
    model, seconds, length_notes = _length(fields, models, with_images=bool(images), with_video=bool(videos))
    shots, shot_notes = _shots(fields, seconds)
    ours: dict[str, object] = {name: fields[name] for name in _AS_THEY_ARE if name in fields}
    ours |= shots | _pictures(images) | _source(videos)
    if seconds is not None:
        ours["duration"] = seconds
    notes = (*length_notes, *shot_notes, *_watermark(fields), *unknown)
    told_of = STORYBOARD if STORYBOARD in fields and shots.get("prompt") else "prompt"
    return Asked(
        Wanted(model, ours, media, notes),
        _external_id(fields),
        _text(fields, CALLBACK),
        {**NAMES, "prompt": told_of},
    )


def _refuse_what_is_not_here(fields: Mapping[str, object]) -> None:
    for name in _NOT_HERE:
        if name in fields:
            raise MissingParameter(
                f"parameter '{name}' must be absent: no such library is here; send pictures in '{IMAGES}'",
                field=name,
            )


def _entries(fields: Mapping[str, object], name: str, media: Mapping[str, Medium]) -> list[Mapping[str, Any]]:
    entries = fields.get(name, [])
    if not isinstance(entries, list):
        raise InvalidFormat(
            f"parameter '{name}' must be an array of objects, got {kind_of(entries)}", field=name
        )
    for place, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise InvalidFormat(
                f"parameter '{name}[{place}]' must be an object, got {kind_of(entry)}", field=name
            )
        label = entry.get(str(MEDIA[name]))
        if not isinstance(label, str) or label not in media:
            raise MissingParameter(f"parameter '{name}[{place}].{MEDIA[name]}' is required", field=name)
    return entries


def _length(
    fields: Mapping[str, object], models: Mapping[str, Model], *, with_images: bool, with_video: bool
) -> tuple[Model, int | None, tuple[str, ...]]:
    """The model and how many seconds it is to make, None where the source video says."""
    model = _model(fields, models)
    said = whole_seconds(fields["duration"], "duration") if "duration" in fields else None
    if with_video:
        note = "'duration' was ignored: the result is as long as the source video"
        return model, None, () if said is None else (note,)
    seconds = DEFAULT_SECONDS if said is None else said
    if with_images and seconds in _O1_LENGTHS and seconds not in model.durations:
        stand_in = models[_ANY_LENGTH]
        makes = f"{model.model_id} makes {listed(model.durations)} seconds"
        return stand_in, seconds, (f"{makes}; {stand_in.model_id} made these {seconds}",)
    return model, seconds, ()


def _model(fields: Mapping[str, object], models: Mapping[str, Model]) -> Model:
    name = fields.get("model_name", DEFAULT_MODEL)
    slug = _MODELS.get(name) if isinstance(name, str) else None
    if slug is None or slug not in models:
        raise NotFound(f"parameter 'model_name' must be {listed(tuple(_MODELS))}{shown(name)}")
    return models[slug]


def _shots(fields: Mapping[str, object], seconds: int | None) -> tuple[dict[str, object], tuple[str, ...]]:
    """What `multi_shot`, `shot_type` and `multi_prompt` say, in our words."""
    if fields.get("multi_shot") is not True:
        dropped = [name for name in ("shot_type", STORYBOARD) if name in fields]
        ours = {"multi_shot": fields["multi_shot"]} if "multi_shot" in fields else {}
        return ours, tuple(f"'{name}' was ignored without 'multi_shot'" for name in dropped)
    ours = {"multi_shot": True, "shot_type": "intelligence"}
    match fields.get("shot_type"):
        case "intelligence":
            return ours, (
                f"'{STORYBOARD}' was ignored with this 'shot_type'",
            ) if STORYBOARD in fields else ()
        case "customize":
            board = storyboard(fields.get(STORYBOARD, []), seconds)
            notes = ("'prompt' was ignored: 'multi_prompt' says what is shown",) if "prompt" in fields else ()
            return {**(ours if board.shots > 1 else {}), "prompt": board.prompt}, notes
        case None:
            raise MissingParameter(
                "parameter 'shot_type' is required when 'multi_shot' is true", field="shot_type"
            )
        case other:
            raise OutOfRange(
                f"parameter 'shot_type' must be 'customize' or 'intelligence'{shown(other)}",
                field="shot_type",
            )


def _pictures(images: list[Mapping[str, Any]]) -> dict[str, object]:
    if not images:
        return {}
    kinds = [_word(entry, "type", _ROLES, IMAGES, place) for place, entry in enumerate(images)]
    ours: dict[str, object] = {"images": [entry["image_url"] for entry in images]}
    if any(kinds):
        ours["image_types"] = [kind or _UNTYPED for kind in kinds]
    return ours


def _source(videos: list[Mapping[str, Any]]) -> dict[str, object]:
    if not videos:
        return {}
    kind = _word(videos[0], "refer_type", _KINDS, VIDEOS, 0) or _KINDS["base"]
    keeps = _word(videos[0], "keep_original_sound", {"yes": "yes", "no": "no"}, VIDEOS, 0) or "yes"
    return {
        "videos": [entry["video_url"] for entry in videos],
        "video_type": kind,
        "keep_original_sound": keeps == "yes",
    }


def _word(
    entry: Mapping[str, Any], name: str, words: Mapping[str, str], field: str, place: int
) -> str | None:
    """Our word for one of theirs; None where they say nothing."""
    said = entry.get(name)
    if said is None or said == "":
        return None
    if not isinstance(said, str) or said not in words:
        must = f"parameter '{field}[{place}].{name}' must be {listed(tuple(words))}"
        raise OutOfRange(f"{must}{shown(said)}", field=field)
    return words[said]


def _watermark(fields: Mapping[str, object]) -> tuple[str, ...]:
    match fields.get("watermark_info"):
        case None | {"enabled": False}:
            return ()
        case {"enabled": True}:
            return ("'watermark_info' was ignored: no watermark is made here",)
    raise InvalidFormat(
        "parameter 'watermark_info' must be {\"enabled\": true or false}", field="watermark_info"
    )


def _external_id(fields: Mapping[str, object]) -> str | None:
    name = _text(fields, EXTERNAL_ID)
    if name is not None and len(name) > LONGEST_EXTERNAL_ID:
        limit = f"parameter '{EXTERNAL_ID}' must be at most {LONGEST_EXTERNAL_ID} characters long"
        raise OutOfRange(f"{limit}, got {len(name)}", field=EXTERNAL_ID)
    return name


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InvalidFormat(f"parameter '{name}' must be a string, got {kind_of(value)}", field=name)
