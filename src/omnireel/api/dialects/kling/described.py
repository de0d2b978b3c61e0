"""The body that the Kling-shaped route takes, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from omnireel.api.dialects.kling.asked import DEFAULT_MODEL, LONGEST_EXTERNAL_ID
from omnireel.api.dialects.kling.shots import LONGEST_SHOT, MOST_SHOTS
from omnireel.catalog.omni import MOST_IMAGES, MOST_SEED, PROMPT_LENGTH

ABOUT: Final = """\
Send an API key as the bearer, or a JWT signed by HS256: its `iss` is an access key, its secret the secret
key, both made with `omnireel keys create --kling` or `omnireel keys pair`; `exp` must be there, `nbf` may.

The end of the task is posted to `callback_url`, and only the end: not each change of its status.
"""
_TEXT: Final = {"type": "string"}
_SECONDS: Final = {"type": ["string", "integer"]}
_SHOT: Final = {
    "type": "object",
    "required": ["prompt", "duration"],
    "properties": {
        "index": {"type": "integer"},
        "prompt": {"type": "string", "minLength": 1, "maxLength": LONGEST_SHOT},
        "duration": {**_SECONDS, "description": "Seconds; together as many as `duration`."},
    },
}
_IMAGE: Final = {
    "type": "object",
    "required": ["image_url"],
    "properties": {
        "image_url": {"type": "string", "description": "An http(s) link or Base64."},
        "type": {"enum": ["first_frame", "end_frame", "", None]},
    },
}
_VIDEO: Final = {
    "type": "object",
    "required": ["video_url"],
    "properties": {
        "video_url": {"type": "string", "description": "An http(s) link or Base64."},
        "refer_type": {
            "enum": ["base", "feature", "", None],
            "default": "base",
            "description": "`base` is repainted, `feature` lends its camera and pace.",
        },
        "keep_original_sound": {"enum": ["yes", "no", "", None], "default": "yes"},
    },
}
_PROPERTIES: Final[dict[str, Any]] = {
    "model_name": {"enum": ["kling-video-o1", "kling-v3-omni"], "default": DEFAULT_MODEL},
    "prompt": {
        "type": "string",
        "maxLength": PROMPT_LENGTH,
        "description": "Required but with `shot_type` `customize`. `<<<image_1>>>` names an input.",
    },
    "negative_prompt": _TEXT,
    "multi_shot": {"type": "boolean", "default": False},
    "shot_type": {"enum": ["customize", "intelligence"], "description": "Required with `multi_shot`."},
    "multi_prompt": {"type": "array", "minItems": 1, "maxItems": MOST_SHOTS, "items": _SHOT},
    "image_list": {"type": "array", "maxItems": MOST_IMAGES, "items": _IMAGE},
    "video_list": {"type": "array", "maxItems": 1, "items": _VIDEO},
    "sound": {"enum": ["on", "off"], "default": "off"},
    "mode": {"enum": ["std", "pro"], "default": "pro"},
    "aspect_ratio": {"enum": ["16:9", "9:16", "1:1"]},
    "duration": {
        **_SECONDS,
        "default": "5",
        "description": "Seconds. Ignored, with a warning, with a video.",
    },
    "callback_url": {"type": "string", "description": "Public HTTPS address."},
    "external_task_id": {
        "type": "string",
        "maxLength": LONGEST_EXTERNAL_ID,
        "description": "What you call the task; once for each of the team's tasks that are kept.",
    },
    "watermark_info": {
        "type": "object",
        "description": "Taken; no watermark is made, and a warning says so.",
    },
    "seed": {"type": "integer", "minimum": 0, "maximum": MOST_SEED, "description": "Ours, not Kling's."},
    "engine": {"type": "string", "description": "Ours, where the operator lets callers choose."},
}
CREATE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "properties": _PROPERTIES}}},
    }
}
