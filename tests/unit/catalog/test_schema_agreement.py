"""The published schema and the server judge thousands of bodies alike."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnireel.catalog.model import Model, Terms
from omnireel.catalog.models import MODELS
from omnireel.catalog.schema import schema
from omnireel.catalog.validate import validate
from omnireel.errors import InvalidRequest

BODIES_PER_CASE = 700
TERMS = (Terms(), Terms(strict=True, engines=("studio", "other")))

_junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 20),
    st.floats(-3, 20),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
)
_media = st.lists(st.sampled_from(["https://example.com/a.png", "AAAA", "", 7, None]), max_size=9)
_good_media = st.integers(1, 7).map(lambda count: ["https://example.com/a.png"] * count)
_prompts = st.sampled_from(
    ["a cat", "", "x" * 2500, "x" * 2501, "猫" * 2500, "🎬" * 2501, "see @Image2", "@Video1"]
)


def _near(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly the good ones, now and then anything at all."""
    return st.one_of(good, good, good, _junk)


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "multi_shot": _near(st.booleans()),
    "shot_type": _near(st.sampled_from(["intelligence", "manual"])),
    "images": _near(_good_media | _media),
    "videos": _near(st.just(["https://example.com/b.mp4"]) | _media),
    "sound": _near(st.sampled_from(["on", "off", "off"])),
    "mode": _near(st.sampled_from(["std", "pro"])),
    "aspect_ratio": _near(st.sampled_from(["16:9", "9:16", "1:1", "4:3"])),
    "duration": _near(st.sampled_from([5, 10, 5.0, 1e1, 3, 15, 2, 16, 7, 5.5, True])),
    "seed": _near(st.sampled_from([0, 2**32 - 1, 2**32, -1, 1.0, 2**63, 1e300])),
    "negative_prompt": _near(_prompts),
    "image_types": _near(st.lists(st.sampled_from(["first_frame", "last_frame", "reference"]), max_size=8)),
    "video_type": _near(st.sampled_from(["edit", "reference"])),
    "keep_original_sound": _near(st.booleans()),
    "engine": _near(st.sampled_from(["studio", "other", "warp"])),
    "cfg_scale": _junk,
}
_CONSISTENT = st.fixed_dictionaries(
    {"prompt": st.just("a cat")},
    optional={
        "images": st.integers(1, 4).map(lambda count: ["AAAA"] * count),
        "videos": st.just(["AAAA"]),
        "sound": st.just("off"),
        "mode": st.sampled_from(["std", "pro"]),
        "seed": st.integers(0, 2**32 - 1),
    },
)


@st.composite
def _bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A consistent body in which a few fields have been set anew: valid or one to three steps from it."""
    body = draw(_CONSISTENT)
    for name in draw(st.lists(st.sampled_from(sorted(_FIELDS)), max_size=3, unique=True)):
        body[name] = draw(_FIELDS[name])
    if draw(st.integers(0, 5)) == 0:
        body["prompt"] = draw(_near(_prompts))
    if draw(st.integers(0, 30)) == 0:
        del body["prompt"]
    return body


def _broken_rule(model: Model, body: dict[str, Any], terms: Terms) -> str | None:
    try:
        validate(model, body, terms)
    except InvalidRequest as error:
        return error.rule or "a rule without an id"
    return None


@pytest.mark.parametrize("terms", TERMS, ids=["open", "strict"])
@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.model_id)
def test_the_published_schema_and_the_server_agree(model: Model, terms: Terms) -> None:
    published = schema(model, terms)
    judge = jsonschema_rs.validator_for(published)
    server_only = {rule["id"] for rule in published["x-server-rules"]}
    tally = {True: 0, False: 0}

    @settings(
        max_examples=BODIES_PER_CASE,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_bodies())
    def agree(body: dict[str, Any]) -> None:
        # As it travels: what the wire cannot carry is no disagreement.
        body = json.loads(json.dumps(body))
        broken = _broken_rule(model, body, terms)
        tally[broken is None] += 1
        # What only the server judges comes last: whoever breaks such a rule has kept all of the schema.
        assert judge.is_valid(body) == (broken is None or broken in server_only), (body, broken)

    agree()

    assert sum(tally.values()) >= BODIES_PER_CASE
    assert min(tally.values()) > BODIES_PER_CASE // 10, "both verdicts must be well represented"


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.model_id)
def test_the_schema_is_valid_2020_12(model: Model) -> None:
    published = schema(model, Terms(engines=("studio",)))

    assert jsonschema_rs.meta.is_valid(published)
    assert jsonschema_rs.is_valid(published, dict(model.example))


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.model_id)
def test_both_judges_know_every_published_rule(model: Model) -> None:
    """Guards the agreement test: a schema that lost its conditions would still be valid JSON Schema."""
    published = schema(model, Terms())
    judge = jsonschema_rs.validator_for(published)

    assert not judge.is_valid({"prompt": "a", "videos": ["v"], "sound": "on"})
    assert not judge.is_valid({"prompt": "a", "multi_shot": True})
    assert not judge.is_valid({"prompt": "a", "duration": 2})
    assert judge.is_valid({"prompt": "a", "videos": ["v"], "sound": "off", "duration": None})
