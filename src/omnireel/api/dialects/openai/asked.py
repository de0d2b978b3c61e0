"""From what an OpenAI client asks for to our own submit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from omnireel.api.dialects.names import ignored
from omnireel.api.dialects.openai.nearest import nearest_canvas, nearest_seconds
from omnireel.api.inputs import Medium
from omnireel.api.problems import Problem
from omnireel.api.submitting import Wanted
from omnireel.catalog.model import Model
from omnireel.catalog.wording import kind_of
from omnireel.errors import InvalidFormat, MissingParameter
from omnireel.models import Mode

REFERENCE: Final = "input_reference"
SOURCE: Final = "video"
STAND_IN: Final = "kling/kling-v3-omni-video"
"""Who makes what is asked of no model, or of one of OpenAI's: any of its lengths."""
DEFAULT_SECONDS: Final = "4"
DEFAULT_SIZE: Final = "720x1280"
"""OpenAI's own defaults, since its clients may count on them."""
OWN_FIELDS: Final = ("seed", "negative_prompt", "engine", "sound")
"""Fields of ours that may stand beside OpenAI's."""
CREATE_FIELDS: Final = ("prompt", "model", "seconds", "size", REFERENCE, *OWN_FIELDS)
EDIT_FIELDS: Final = ("prompt", SOURCE, *OWN_FIELDS)
REMIX_FIELDS: Final = ("prompt", *OWN_FIELDS)
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "images": REFERENCE,
        "videos": SOURCE,
        "duration": "seconds",
        "aspect_ratio": "size",
        "mode": "size",
    }
)
"""Our fields by OpenAI's names."""
_THEIRS: Final = "sora-"

LinkOf = Callable[[str], str]
"""From the id of an uploaded file to a link to it. Raises NotFound."""


def created(
    fields: Mapping[str, object],
    media: Mapping[str, Medium],
    models: Mapping[str, Model],
    *,
    strict: bool,
    link_of: LinkOf,
) -> Wanted:
    """What `POST /v1/videos` asks for. Raises InvalidRequest, NotFound, or a 404 Problem."""
    model, notes = _model(fields.get("model"), models)
    canvas = nearest_canvas(_or(fields.get("size"), DEFAULT_SIZE))
    duration, shortened = nearest_seconds(_or(fields.get("seconds"), DEFAULT_SECONDS), model.durations)
    ours: dict[str, object] = {
        # OpenAI's videos have sound.
        "sound": "on",
        **_kept(fields),
        "aspect_ratio": canvas.aspect_ratio.value,
        "mode": canvas.mode.value,
        "duration": duration,
    }
    picture = _reference(fields.get(REFERENCE), media, link_of)
    if picture is not None:
        ours |= {"images": [REFERENCE], "image_types": ["first_frame"]}
        media = {REFERENCE: picture}
    unknown = ignored(fields, CREATE_FIELDS, strict=strict)
    return Wanted(model, ours, media, (*notes, *canvas.notes, *shortened, *unknown))


def edited(
    fields: Mapping[str, object],
    source: Medium,
    model: Model,
    mode: Mode,
    known: tuple[str, ...],
    *,
    strict: bool,
) -> Wanted:
    """What an edit or a remix asks for: the source repainted in this mode, at its own shape and length."""
    ours = {
        "keep_original_sound": True,
        **_kept(fields),
        "videos": [SOURCE],
        "video_type": "edit",
        "mode": mode.value,
    }
    return Wanted(model, ours, {SOURCE: source}, ignored(fields, known, strict=strict))


def linked(url: str) -> msgspec.Raw:
    """A link as a medium."""
    return msgspec.Raw(msgspec.json.encode(url))


def named_video(fields: Mapping[str, object]) -> str:
    """The id in `video`. Raises InvalidRequest when there is none."""
    match fields.get(SOURCE):
        case {"id": str(video_id)}:
            return video_id
        case None:
            raise MissingParameter(f"parameter '{SOURCE}' is required", field=SOURCE)
    raise InvalidFormat(
        f"parameter '{SOURCE}' must be a file, or an object with the 'id' of a video", field=SOURCE
    )


def _kept(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: fields[name] for name in ("prompt", *OWN_FIELDS) if fields.get(name) is not None}


def _or(value: object, default: str) -> object:
    return default if value is None else value


def _model(name: object, models: Mapping[str, Model]) -> tuple[Model, tuple[str, ...]]:
    """The model by its name, bare or with its provider, and a note when it only stands in."""
    if name is None:
        return models[STAND_IN], ()
    if not isinstance(name, str):
        raise InvalidFormat(f"parameter 'model' must be a string, got {kind_of(name)}", field="model")
    if name.startswith(_THEIRS):
        stand_in = models[STAND_IN]
        return stand_in, (f"'model' {name[:40]!r} is not made here; {stand_in.model_id} stood in",)
    return find_model(name, models), ()


def find_model(name: str, models: Mapping[str, Model]) -> Model:
    """Raises a 404 Problem for a model that is not here."""
    for model in models.values():
        if name in (model.model_id, model.slug):
            return model
    known = ", ".join(model.model_id for model in models.values())
    raise Problem(
        404, "Resource not found", f"there is no such model; there are {known}", code="model_not_found"
    )


def _reference(value: object, media: Mapping[str, Medium], link_of: LinkOf) -> Medium | None:
    """The picture, whichever way it came."""
    match value:
        case None:
            return None
        case str(label) if label in media:
            return media[label]
        case {"image_url": str(label), **rest} if label in media and not rest.get("file_id"):
            return media[label]
        case {"file_id": str(file_id), **rest} if not rest.get("image_url"):
            return linked(link_of(file_id))
    raise InvalidFormat(
        f"parameter '{REFERENCE}' must be a file, or an object with either 'image_url' or 'file_id'",
        field=REFERENCE,
    )
