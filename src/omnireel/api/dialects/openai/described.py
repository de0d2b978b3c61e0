"""The bodies that the OpenAI-shaped routes take, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from omnireel.api.dialects.openai.nearest import OTHER_SECONDS
from omnireel.catalog.omni import MOST_SEED, PROMPT_LENGTH

_PROMPT: Final = {"type": "string", "minLength": 1, "maxLength": PROMPT_LENGTH}
_FILE: Final = {"type": "string", "format": "binary"}
_OWN: Final[dict[str, Any]] = {
    "seed": {"type": "integer", "minimum": 0, "maximum": MOST_SEED, "description": "Ours, not OpenAI's."},
    "negative_prompt": {"type": "string", "description": "Ours, not OpenAI's."},
    "engine": {"type": "string", "description": "Ours, where the operator lets callers choose."},
}
_CREATE: Final[dict[str, Any]] = {
    "prompt": _PROMPT,
    "model": {
        "type": "string",
        "description": "One of `GET /v1/models`. Names that begin with `sora-` are taken too; another model"
        " stands in, which `model` and `warnings` of the answer say.",
    },
    "seconds": {
        "type": ["string", "integer"],
        "default": "4",
        "description": f"The model's nearest length is made, at most {OTHER_SECONDS} seconds off; `warnings`"
        " say so.",
    },
    "size": {
        "type": "string",
        "default": "720x1280",
        "description": "Width x height. The nearest of 1280x720, 720x1280, 960x960, 1920x1080, 1080x1920 and"
        " 1440x1440 is made; `warnings` say so, and what is too far from all of them is refused.",
    },
    **_OWN,
    "sound": {"enum": ["on", "off"], "default": "on", "description": "Ours, not OpenAI's."},
}
_REFERENCE: Final = {
    "type": "object",
    "description": "The picture the video begins with.",
    "properties": {
        "image_url": {"type": "string", "description": "An http(s) link, or a data: URL."},
        "file_id": {"type": "string", "description": "Of a file sent to `/api/v1/media/files`."},
    },
}
_VIDEO: Final = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def _body(required: list[str], json: dict[str, Any], form: dict[str, Any] | None = None) -> dict[str, Any]:
    """A request body: as JSON, and as a form where it may be one."""
    content = {"application/json": {"schema": _object(required, json)}}
    if form is not None:
        content["multipart/form-data"] = {"schema": _object(required, form)}
    return {"requestBody": {"required": True, "content": content}}


def _object(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


CREATE_BODY: Final = _body(
    ["prompt"],
    {**_CREATE, "input_reference": _REFERENCE},
    {
        **_CREATE,
        "input_reference": _FILE,
        "input_reference[image_url]": {"type": "string"},
        "input_reference[file_id]": {"type": "string"},
    },
)
EDIT_BODY: Final = _body(
    ["prompt", "video"],
    {"prompt": _PROMPT, "video": _VIDEO, **_OWN},
    {"prompt": _PROMPT, "video": _FILE, "video[id]": {"type": "string"}, **_OWN},
)
REMIX_BODY: Final = _body(["prompt"], {"prompt": _PROMPT, **_OWN})
EXTEND_BODY: Final = _body(
    ["prompt", "video"], {"prompt": _PROMPT, "video": _VIDEO, "seconds": {"type": "string"}}
)
