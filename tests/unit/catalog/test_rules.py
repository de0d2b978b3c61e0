"""Each rule, its message, its category and its id."""

from __future__ import annotations

import pytest

from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS
from omnireel.catalog.schema import schema
from omnireel.catalog.validate import validate
from omnireel.errors import InvalidRequest
from omnireel.models import AspectRatio, ImageRole, MediaKind, MediaRef, Mode, VideoRequest, VideoRole

O1 = MODELS["kling/kling-video-o1"]
V3 = MODELS["kling/kling-v3-omni-video"]
TERMS = Terms(engines=("studio",))

REFUSALS = [
    ({}, "Invalid parameters", "prompt", "parameter 'prompt' is required"),
    ({"prompt": None}, "Invalid parameters", "prompt", "parameter 'prompt' is required"),
    ({"prompt": 7}, "Invalid format", "prompt", "parameter 'prompt' must be a string, got a number"),
    (
        {"prompt": ""},
        "Value out of range",
        "prompt",
        "parameter 'prompt' must be 1 to 2500 characters long, got 0",
    ),
    ({"prompt": "x" * 2501}, "Value out of range", "prompt", "1 to 2500 characters long, got 2501"),
    (
        {"multi_shot": "yes"},
        "Invalid format",
        "multi-shot",
        "'multi_shot' must be true or false, got a string",
    ),
    ({"multi_shot": 1}, "Invalid format", "multi-shot", "'multi_shot' must be true or false, got a number"),
    (
        {"multi_shot": True},
        "Invalid parameters",
        "multi-shot-needs-shot-type",
        "parameter 'shot_type' is required when 'multi_shot' is true",
    ),
    (
        {"shot_type": "intelligence"},
        "Invalid parameters",
        "shot-type-needs-multi-shot",
        "parameter 'shot_type' must be absent when 'multi_shot' is not true",
    ),
    (
        {"multi_shot": True, "shot_type": "manual"},
        "Value out of range",
        "shot-type",
        "parameter 'shot_type' must be 'intelligence', got 'manual'",
    ),
    ({"images": []}, "Value out of range", "images", "parameter 'images' must have 1 to 7 entries, got 0"),
    ({"images": ["a"] * 8}, "Value out of range", "images", "must have 1 to 7 entries, got 8"),
    (
        {"images": "a"},
        "Invalid format",
        "images",
        "parameter 'images' must be an array of strings, got a string",
    ),
    ({"images": [7]}, "Invalid format", "images", "'images[0]' must be a URL or Base64 string, got a number"),
    ({"images": ["a", ""]}, "Invalid format", "images", "'images[1]' must be a URL or Base64, got an empty"),
    (
        {"videos": ["v"], "images": ["a"] * 5},
        "Value out of range",
        "videos-fewer-images",
        "parameter 'images' must have at most 4 entries when 'videos' is given, got 5",
    ),
    ({"videos": ["v", "w"]}, "Value out of range", "videos", "'videos' must have exactly 1 entry, got 2"),
    (
        {"videos": ["v"], "sound": "on"},
        "Invalid parameters",
        "videos-sound-off",
        "parameter 'sound' must be 'off' or absent when 'videos' is given, got 'on'",
    ),
    (
        {"videos": ["v"], "duration": 5},
        "Invalid parameters",
        "videos-no-duration",
        "parameter 'duration' must be absent when 'videos' is given",
    ),
    ({"sound": True}, "Invalid format", "sound", "parameter 'sound' must be a string, got a boolean"),
    ({"sound": "ON"}, "Value out of range", "sound", "parameter 'sound' must be 'on' or 'off', got 'ON'"),
    ({"mode": "ultra"}, "Value out of range", "mode", "parameter 'mode' must be 'std' or 'pro', got 'ultra'"),
    (
        {"aspect_ratio": "4:3"},
        "Value out of range",
        "aspect-ratio",
        "must be '16:9', '9:16' or '1:1', got '4:3'",
    ),
    (
        {"duration": 7},
        "Value out of range",
        "duration-without-video",
        "parameter 'duration' must be 5 or 10, got 7",
    ),
    ({"duration": "5"}, "Invalid format", "duration", "'duration' must be a whole number, got a string"),
    ({"duration": 5.5}, "Invalid format", "duration", "'duration' must be a whole number, got 5.5"),
    ({"duration": True}, "Invalid format", "duration", "'duration' must be a whole number, got a boolean"),
    ({"seed": -1}, "Value out of range", "seed", "parameter 'seed' must be 0 to 4294967295, got -1"),
    ({"seed": 2**32}, "Value out of range", "seed", "'seed' must be 0 to 4294967295, got 4294967296"),
    ({"image_types": ["reference"]}, "Invalid parameters", "image-types-need-images", "'images' is required"),
    (
        {"images": ["a", "b"], "image_types": ["first_frame"]},
        "Invalid parameters",
        "image-types-per-image",
        "parameter 'image_types' must have one entry per image (2), got 1",
    ),
    (
        {"images": ["a", "b"], "image_types": ["first_frame"] * 2},
        "Value out of range",
        "image-types",
        "'image_types' must name 'first_frame' at most once, got 2",
    ),
    ({"video_type": "edit"}, "Invalid parameters", "video-type-needs-video", "'videos' is required when"),
    (
        {"keep_original_sound": True},
        "Invalid parameters",
        "original-sound-needs-video",
        "'videos' is required",
    ),
    ({"engine": "warp"}, "Value out of range", "engine", "parameter 'engine' must be 'studio', got 'warp'"),
    (
        {"prompt": "make <<<image_1>>> dance"},
        "Invalid parameters",
        "references-name-inputs",
        "parameter 'prompt' refers to <<<image_1>>>, but no entries were sent in 'images'",
    ),
    (
        {"prompt": "put @Image3 beside @Image1", "images": ["a"]},
        "Invalid parameters",
        "references-name-inputs",
        "parameter 'prompt' refers to @Image3, but 1 entry was sent in 'images'",
    ),
    ({"prompt": "as in @Video1"}, "Invalid parameters", "references-name-inputs", "sent in 'videos'"),
]


def refusal(body: dict[str, object], terms: Terms = TERMS) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        validate(O1, body, terms)
    return caught.value


@pytest.mark.parametrize(("body", "category", "rule", "words"), REFUSALS, ids=lambda value: str(value)[:40])
def test_a_broken_rule_is_named_in_its_category(
    body: dict[str, object], category: str, rule: str, words: str
) -> None:
    error = refusal(body if "prompt" in body or not body else {"prompt": "a cat", **body})

    assert (error.category, error.rule) == (category, rule)
    assert words in str(error)


def test_the_least_body_gets_the_documented_defaults() -> None:
    assert validate(O1, {"prompt": "a cat"}, TERMS) == VideoRequest(
        model="kling/kling-video-o1",
        prompt="a cat",
        mode=Mode.PRO,
        aspect_ratio=AspectRatio.WIDE,
        duration=5,
    )


def test_every_field_reaches_the_request() -> None:
    body: dict[str, object] = {
        "prompt": "turn <<<video_1>>> into clay, with @Image1",
        "multi_shot": True,
        "shot_type": "intelligence",
        "images": ["https://example.com/a.png"],
        "videos": ["https://example.com/b.mp4"],
        "sound": "off",
        "mode": "std",
        "aspect_ratio": "1:1",
        "seed": 7.0,
        "negative_prompt": "blur",
        "image_types": ["reference"],
        "video_type": "edit",
        "keep_original_sound": True,
        "engine": "studio",
    }

    assert validate(V3, body, TERMS) == VideoRequest(
        model="kling/kling-v3-omni-video",
        prompt="turn <<<video_1>>> into clay, with @Image1",
        images=(MediaRef(MediaKind.IMAGE, "https://example.com/a.png"),),
        videos=(MediaRef(MediaKind.VIDEO, "https://example.com/b.mp4"),),
        sound=False,
        mode=Mode.STD,
        aspect_ratio=AspectRatio.SQUARE,
        duration=None,
        multi_shot=True,
        seed=7,
        negative_prompt="blur",
        image_types=(ImageRole.REFERENCE,),
        video_type=VideoRole.EDIT,
        keep_original_sound=True,
        engine="studio",
    )


def test_a_source_video_keeps_its_own_shape_and_length() -> None:
    request = validate(O1, {"prompt": "clay", "videos": ["v"]}, TERMS)

    assert (request.aspect_ratio, request.duration) == (None, None)


def test_null_means_absent() -> None:
    nulls = dict.fromkeys(("images", "videos", "sound", "duration", "seed", "shot_type", "engine"))

    assert validate(O1, {"prompt": "a cat", **nulls}, TERMS) == validate(O1, {"prompt": "a cat"}, TERMS)


def test_the_prompt_is_counted_in_code_points() -> None:
    validate(O1, {"prompt": "🎬" * 2500}, TERMS)

    assert refusal({"prompt": "🎬" * 2501}).rule == "prompt"


def test_unknown_fields_are_noted_briefly() -> None:
    body = {"prompt": "a cat", "cfg_scale": 7, "x" * 500: 1} | {f"f{n}": n for n in range(100)}

    notes = validate(O1, body, TERMS).notes

    assert notes[0] == "the unknown field 'cfg_scale' was ignored"
    assert len(notes) == 20
    assert max(map(len, notes)) < 120


def test_a_strict_server_refuses_unknown_fields() -> None:
    error = refusal({"prompt": "a cat", "cfg_scale": 7}, Terms(strict=True))

    assert (error.rule, str(error)) == ("unknown-fields", "parameter 'cfg_scale' is not known")
    assert schema(O1, Terms(strict=True))["additionalProperties"] is False


def test_an_engine_cannot_be_chosen_where_the_operator_does_not_allow_it() -> None:
    error = refusal({"prompt": "a cat", "engine": "studio"}, Terms())

    assert str(error) == "parameter 'engine' cannot be chosen on this server"


@pytest.mark.parametrize("length", range(3, 16))
def test_the_omni_model_makes_any_whole_length_from_3_to_15(length: int) -> None:
    assert validate(V3, {"prompt": "a cat", "duration": length}, TERMS).duration == length


@pytest.mark.parametrize("length", [2, 16, 0, -5])
def test_the_omni_model_refuses_other_lengths(length: int) -> None:
    with pytest.raises(InvalidRequest, match=rf"'duration' must be 3 to 15, got {length}"):
        validate(V3, {"prompt": "a cat", "duration": length}, TERMS)


@pytest.mark.parametrize(
    "value",
    ["s3cret" * 20, "\x00\n\x1b[31m" * 9, 10**4999, ["s3cret"], {"a": "s3cret"}],
    ids=["long", "odd", "digits", "array", "object"],
)
def test_a_long_or_odd_value_is_not_repeated(value: object) -> None:
    message = str(refusal({"prompt": "a cat", "mode": value, "seed": value}))

    assert "s3cret" not in message
    assert message.isprintable()
    assert len(message) < 150


def test_every_rule_is_published_with_its_id() -> None:
    table = O1.table(TERMS)
    published = schema(O1, TERMS)
    ids = [part["x-rule-id"] for part in (*published["properties"].values(), *published["allOf"])]
    ids += [rule["id"] for rule in published["x-server-rules"]]

    assert sorted(ids) == sorted(rule.id for rule in table)
    assert len(set(ids)) == len(ids)
