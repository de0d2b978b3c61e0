"""A model's rules as the JSON Schema (draft 2020-12) that clients may judge their bodies by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omnireel.catalog.model import Model, Terms
from omnireel.catalog.rules import Rule
from omnireel.models import MediaLimits

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(model: Model, terms: Terms) -> dict[str, Any]:
    """The schema of a submit body. A rule keeps its id as `x-rule-id`, as errors do.

    `x-server-rules` lists in words what JSON Schema cannot say and only the server judges, and
    `x-media-limits` what the files behind a field's entries may measure: bytes, pixels, seconds, frames per
    second, and the longer side over the shorter.
    """
    table = model.table(terms)
    limits = _media_limits(terms.media)
    return {
        "$schema": DIALECT,
        "title": f"{model.display_name} request",
        "type": "object",
        "required": ["prompt"],
        "additionalProperties": not terms.strict,
        "properties": {
            rule.field: _published(rule) | limits.get(rule.field, {})
            for rule in table
            if not rule.conditional
        },
        "allOf": [_published(rule) for rule in table if rule.conditional and rule.schema],
        "x-server-rules": _server_rules(table),
        "examples": [dict(model.example)],
    }


def _published(rule: Rule) -> dict[str, Any]:
    return {**(rule.schema or {}), "description": rule.prose, "x-rule-id": rule.id}


def _media_limits(limits: MediaLimits) -> dict[str, dict[str, Any]]:
    pictures = {
        "formats": ["jpg", "png", "webp"],
        "bytes": limits.image_bytes,
        "min_side": limits.image_min_side,
        "max_side": limits.image_max_side,
        "max_shape": limits.image_max_shape,
    }
    clips = {
        "formats": ["mp4", "mov", "webm"],
        "bytes": limits.video_bytes,
        "min_side": limits.video_min_side,
        "max_side": limits.video_max_side,
        "min_seconds": limits.video_min_seconds,
        "max_seconds": limits.video_max_seconds,
        "min_fps": limits.video_min_fps,
        "max_fps": limits.video_max_fps,
    }
    return {"images": {"x-media-limits": pictures}, "videos": {"x-media-limits": clips}}


def _server_rules(table: Sequence[Rule]) -> list[dict[str, str]]:
    judged_here = [rule for rule in table if rule.schema is None]
    return [{"id": rule.id, "parameter": rule.field, "description": rule.prose} for rule in judged_here]
