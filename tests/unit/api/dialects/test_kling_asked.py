from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from omnireel.api.dialects.kling.asked import Asked, asked
from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS
from omnireel.catalog.validate import validate
from omnireel.errors import InvalidFormat, InvalidRequest, MissingParameter, NotFound, OutOfRange
from omnireel.models import ImageRole, VideoRequest, VideoRole

MEDIA = {label: msgspec.Raw(b'"https://example.com/a"') for label in ("i0", "i1", "i2", "v0", "v1")}


def picture(label: str, kind: str | None = None) -> dict[str, Any]:
    return {"image_url": label} if kind is None else {"image_url": label, "type": kind}


def read(**fields: object) -> Asked:
    return asked({"prompt": "a fox", **fields}, MEDIA, MODELS, strict=False)


def request_of(understood: Asked) -> VideoRequest:
    """What our own rules make of it, which they must not refuse."""
    return validate(understood.wanted.model, understood.wanted.fields, Terms())


def test_kling_defaults_hold_where_nothing_is_said() -> None:
    understood = read()
    request = request_of(understood)

    assert (request.model, request.duration) == ("kling/kling-video-o1", 5)
    assert (request.mode, request.sound, request.multi_shot) == ("pro", False, False)
    assert (understood.external_id, understood.callback_url, understood.wanted.notes) == (None, None, ())


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("kling-video-o1", "kling/kling-video-o1"),
        ("kling-v3-omni", "kling/kling-v3-omni-video"),
        ("kling-v3-omni-video", "kling/kling-v3-omni-video"),
        ("", "kling/kling-video-o1"),
    ],
)
def test_models_go_by_klings_names(name: str, slug: str) -> None:
    assert request_of(read(model_name=name)).model == slug


@pytest.mark.parametrize("name", ["kling-v1", "sora-2", 7, ["kling-video-o1"]])
def test_another_model_is_not_found(name: object) -> None:
    with pytest.raises(NotFound, match="'model_name' must be 'kling-video-o1'"):
        read(model_name=name)


def test_pictures_keep_their_order_and_say_what_they_are_for() -> None:
    request = request_of(
        read(image_list=[picture("i1", "first_frame"), picture("i0"), picture("i2", "end_frame")])
    )

    assert [ref.uri for ref in request.images] == ["i1", "i0", "i2"]
    assert request.image_types == (ImageRole.FIRST_FRAME, ImageRole.REFERENCE, ImageRole.LAST_FRAME)


def test_pictures_of_which_none_says_what_it_is_for_say_nothing() -> None:
    assert request_of(read(image_list=[picture("i0"), picture("i1", "")])).image_types == ()


@pytest.mark.parametrize(
    ("said", "kind", "keeps"),
    [
        ({}, VideoRole.EDIT, True),
        ({"refer_type": "base", "keep_original_sound": "no"}, VideoRole.EDIT, False),
        ({"refer_type": "feature", "keep_original_sound": "yes"}, VideoRole.REFERENCE, True),
        ({"refer_type": "", "keep_original_sound": ""}, VideoRole.EDIT, True),
    ],
)
def test_a_video_is_repainted_or_followed(said: Mapping[str, str], kind: VideoRole, keeps: bool) -> None:
    request = request_of(read(video_list=[{"video_url": "v0", **said}]))

    assert (request.video_type, request.keep_original_sound) == (kind, keeps)
    assert (request.duration, request.aspect_ratio) == (None, None)


def test_a_length_beside_a_video_is_ignored_and_it_is_said() -> None:
    understood = read(duration="7", video_list=[{"video_url": "v0", "refer_type": "feature"}])

    assert request_of(understood).duration is None
    assert understood.wanted.notes == ("'duration' was ignored: the result is as long as the source video",)


@pytest.mark.parametrize(("said", "seconds"), [("5", 5), (10, 10), ("10", 10), (5.0, 5)])
def test_a_length_may_be_text_or_a_number(said: object, seconds: int) -> None:
    assert request_of(read(duration=said)).duration == seconds


def test_a_length_that_o1_has_for_references_only_is_made_by_its_sibling() -> None:
    understood = read(duration="7", image_list=[picture("i0")])
    request = request_of(understood)

    assert (request.model, request.duration) == ("kling/kling-v3-omni-video", 7)
    assert understood.wanted.notes == (
        "kling-video-o1 makes 5 or 10 seconds; kling-v3-omni-video made these 7",
    )
    with pytest.raises(OutOfRange, match="'duration' must be 5 or 10"):
        request_of(read(duration="7"))
    assert request_of(read(duration="15", model_name="kling-v3-omni")).duration == 15


def test_a_storyboard_becomes_a_prompt_of_shots_with_their_lengths() -> None:
    shots = [
        {"index": 2, "prompt": "it looks up ", "duration": 3},
        {"index": 1, "prompt": "a fox <<<image_1>>>", "duration": "2"},
    ]
    understood = read(
        multi_shot=True, shot_type="customize", multi_prompt=shots, image_list=[picture("i0")], duration="5"
    )
    request = request_of(understood)

    assert request.prompt == "Shot 1 (2s): a fox <<<image_1>>>\nShot 2 (3s): it looks up"
    assert request.multi_shot
    assert understood.wanted.notes == ("'prompt' was ignored: 'multi_prompt' says what is shown",)


def test_a_storyboard_of_one_shot_is_a_plain_prompt() -> None:
    shots = [{"index": 1, "prompt": "a fox", "duration": "5"}]
    request = request_of(read(multi_shot=True, shot_type="customize", multi_prompt=shots))

    assert (request.prompt, request.multi_shot) == ("a fox", False)


def test_the_model_may_cut_by_itself() -> None:
    understood = read(multi_shot=True, shot_type="intelligence", multi_prompt=[{"prompt": "x"}])

    assert request_of(understood).multi_shot
    assert understood.wanted.notes == ("'multi_prompt' was ignored with this 'shot_type'",)


def test_shots_without_multi_shot_are_ignored_and_it_is_said() -> None:
    understood = read(shot_type="customize", multi_prompt=[{"prompt": "x"}], multi_shot=False)

    assert not request_of(understood).multi_shot
    assert understood.wanted.notes == (
        "'shot_type' was ignored without 'multi_shot'",
        "'multi_prompt' was ignored without 'multi_shot'",
    )


@pytest.mark.parametrize(
    ("shots", "error", "words"),
    [
        (None, OutOfRange, "1 to 6 entries, got 0"),
        ("two", InvalidFormat, "must be an array"),
        (["a"], InvalidFormat, r"multi_prompt\[0\]' must be an object"),
        ([{"prompt": "a", "duration": "1"}] * 7, OutOfRange, "1 to 6 entries, got 7"),
        ([{"prompt": " ", "duration": "5"}], MissingParameter, r"\[0\].prompt' is required"),
        ([{"prompt": "a" * 513, "duration": "5"}], OutOfRange, "1 to 512 characters long, got 513"),
        ([{"prompt": "a"}], InvalidFormat, r"\[0\].duration' must be a whole number"),
        ([{"prompt": "a", "duration": "0"}], OutOfRange, "at least 1, got 0"),
        ([{"prompt": "a", "duration": "4"}], OutOfRange, "add up to 'duration', 5, got 4"),
        ([{"prompt": "a", "duration": "5", "index": "x"}], InvalidFormat, "index' must be a whole number"),
    ],
)
def test_a_storyboard_that_cannot_be_is_refused(
    shots: object, error: type[InvalidRequest], words: str
) -> None:
    with pytest.raises(error, match=words) as refused:
        read(multi_shot=True, shot_type="customize", multi_prompt=shots)
    assert refused.value.field == "multi_prompt"


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"multi_shot": True}, MissingParameter, "'shot_type' is required"),
        ({"multi_shot": True, "shot_type": "manual"}, OutOfRange, "'customize' or 'intelligence'"),
        ({"image_list": {"image_url": "i0"}}, InvalidFormat, "must be an array of objects"),
        ({"image_list": ["i0"]}, InvalidFormat, r"image_list\[0\]' must be an object"),
        ({"image_list": [{}]}, MissingParameter, r"image_list\[0\].image_url' is required"),
        ({"image_list": [{"image_url": ["i0"]}]}, MissingParameter, "image_url' is required"),
        ({"image_list": [picture("i0", "middle")]}, OutOfRange, "type' must be 'first_frame' or 'end_frame'"),
        ({"video_list": [{"video_url": "v0", "refer_type": "edit"}]}, OutOfRange, "'base' or 'feature'"),
        ({"video_list": [{"video_url": "v0", "keep_original_sound": True}]}, OutOfRange, "'yes' or 'no'"),
        ({"element_list": [{"element_id": 1}]}, MissingParameter, "'element_list' must be absent"),
        ({"voice_list": [{"voice_id": 1}]}, MissingParameter, "'voice_list' must be absent"),
        ({"duration": "five"}, InvalidFormat, "'duration' must be a whole number of seconds"),
        ({"duration": True}, InvalidFormat, "'duration' must be a whole number of seconds"),
        ({"external_task_id": "x" * 256}, OutOfRange, "at most 255 characters long, got 256"),
        ({"external_task_id": 7}, InvalidFormat, "'external_task_id' must be a string"),
        ({"callback_url": 7}, InvalidFormat, "'callback_url' must be a string"),
        ({"watermark_info": True}, InvalidFormat, "'watermark_info' must be"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, object], error: type[InvalidRequest], words: str) -> None:
    with pytest.raises(error, match=words):
        read(**fields)


def test_empty_things_stand_for_nothing_as_in_klings_own_example() -> None:
    empty: dict[str, object] = {
        "callback_url": "",
        "external_task_id": "",
        "image_list": [],
        "video_list": None,
        "element_list": [],
        "negative_prompt": "",
        "aspect_ratio": "",
    }
    assert read(**empty) == read()


def test_what_is_not_done_or_not_known_is_said() -> None:
    notes = read(watermark_info={"enabled": True}, cfg_scale=0.5).wanted.notes

    assert notes == (
        "'watermark_info' was ignored: no watermark is made here",
        "the unknown field 'cfg_scale' was ignored",
    )
    assert read(watermark_info={"enabled": False}).wanted.notes == ()
    with pytest.raises(MissingParameter, match="'cfg_scale' is not known"):
        asked({"prompt": "a", "cfg_scale": 1}, {}, MODELS, strict=True)
