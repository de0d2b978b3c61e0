"""What models are told a request may hold, held against what the server takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS
from omnireel.catalog.schema import schema
from omnireel.client.errors import APIError
from omnireel.mcp.advice import _NEXT
from omnireel.mcp.arguments import DEFAULT_MODEL, SubmitTask
from omnireel.mcp.roots import Roots
from omnireel.mcp.tools import tools

OURS: Mapping[str, Any] = SubmitTask.model_json_schema()["properties"]
PUBLISHED = {slug: schema(model, Terms(engines=("studio",)))["properties"] for slug, model in MODELS.items()}
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "enum")


def limits(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field's bounds; null, which means absent, aside."""
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    found = {name: kind[name] for kind in kinds for name in LIMITS if name in kind}
    if "enum" in found:
        found["enum"] = [word for word in found["enum"] if word is not None]
    items: Mapping[str, Any] = field.get("items") or next(
        (kind["items"] for kind in kinds if "items" in kind), {}
    )
    return found | ({"each": items["enum"]} if "enum" in items else {})


@pytest.mark.parametrize("slug", MODELS)
def test_submit_task_offers_every_field_with_the_servers_own_limits(slug: str) -> None:
    # The tool writes `shot_type` itself, and its one `video` becomes the list `videos`.
    for name, field in PUBLISHED[slug].items():
        if name not in {"shot_type", "videos", "duration", "engine"}:
            assert limits(OURS[name]) == limits(field), name


def test_its_duration_spans_what_any_model_makes() -> None:
    lengths = [
        rule["then"]["properties"]["duration"]
        for model in MODELS.values()
        for rule in schema(model, Terms())["allOf"]
        if rule["x-rule-id"] == "duration-without-video"
    ]
    values = [
        value for rule in lengths for value in rule.get("enum", [rule.get("minimum"), rule.get("maximum")])
    ]
    known = [value for value in values if value is not None]

    assert limits(OURS["duration"]) == {"minimum": min(known), "maximum": max(known)}


def test_the_default_model_is_the_catalogues() -> None:
    assert DEFAULT_MODEL in MODELS


def test_every_schema_is_one_and_refuses_what_it_does_not_name() -> None:
    for tool in tools(Roots([])):
        published = tool.published()
        jsonschema_rs.meta.validate(published.input_schema)
        assert published.output_schema is not None
        jsonschema_rs.meta.validate(published.output_schema)
        assert published.input_schema["additionalProperties"] is False
        assert published.description


def test_every_error_of_the_sdk_has_a_next_step_or_is_no_tools() -> None:
    unadvised = {
        kind.__name__
        for kind in APIError.__subclasses__()
        if not any(issubclass(kind, known) for known in _NEXT)
    }

    assert unadvised == {"RateLimitError", "DownloadFailed", "TaskFailed", "TaskCanceled", "WebhookRefused"}
