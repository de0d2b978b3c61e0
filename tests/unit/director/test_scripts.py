"""A language model's script becomes a storyboard, or is refused with the place that is wrong."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.language_model import a_script, a_shot, a_subject
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct
from omnireel.director.script.asking import question
from omnireel.director.script.board import scripted
from omnireel.director.script.shape import UnusableScript, script_schema
from omnireel.director.vocabulary import Topic, canonical
from omnireel.models import (
    CameraMove,
    ImageRole,
    JobKind,
    Position,
    Subject,
    TimeOfDay,
    Transition,
    VideoRequest,
    Weather,
)


def refused(request: VideoRequest, script: str) -> str:
    with pytest.raises(UnusableScript) as caught:
        scripted(request, script)
    return str(caught.value)


def test_what_a_script_says_is_in_the_storyboard() -> None:
    script = a_script(
        a_shot(
            "Two small red foxes run on the beach, a boat behind them",
            seconds=3.5,
            camera="pan_left",
            place="beach",
            time_of_day="dusk",
            weather="rain",
            mood="calm",
            sounds=["waves", "rain"],
            subjects=[
                a_subject("foxes", count=2, colour="red", size="small", action="run"),
                a_subject("boat"),
            ],
        ),
        a_shot("One fox looks back", seconds=1.5, transition="dissolve", subjects=[a_subject(action="look")]),
        styles=("sci-fi", "clay"),
    )
    board = scripted(a_request("Deux renards …", multi_shot=True), script)
    first, second = board.shots
    assert (board.kind, board.styles) == (JobKind.TEXT, ("clay", "sci-fi"))
    assert (first.camera, first.place) == (CameraMove.PAN_LEFT, "beach")
    assert (first.time_of_day, first.weather) == (TimeOfDay.DUSK, Weather.RAIN)
    assert (first.mood, first.sounds) == ("calm", ("waves", "rain"))
    assert first.subjects[0] == Subject("fox", 2, "red", "run", size="small")
    assert board.frame_counts(120) == (84, 36)
    assert (second.transition, second.subjects) == (Transition.DISSOLVE, (Subject("fox", action="look"),))


def test_where_somebody_is_comes_from_the_shots_own_words() -> None:
    shot = a_shot("A cat sleeps on a table", subjects=[a_subject("cat"), a_subject("table")])
    cat, table = scripted(a_request("x"), a_script(shot)).shots[0].subjects
    assert cat.relation is not None
    assert (cat.relation.position, cat.relation.to) == (Position.ON, ("table",))
    assert table.relation is None
    alone = a_shot("A cat sleeps on a table", subjects=[a_subject("cat")])
    assert scripted(a_request("x"), a_script(alone)).shots[0].subjects[0].relation is None


def test_nouns_that_nobody_can_draw_are_left_out() -> None:
    shot = a_shot(subjects=[a_subject("zorblax"), a_subject("husky")])
    assert [subject.noun for subject in scripted(a_request("x"), a_script(shot)).shots[0].subjects] == ["dog"]


def test_what_is_not_wanted_is_not_there_whatever_the_script_says() -> None:
    shot = a_shot(weather="rain", place="beach", sounds=["thunder"], subjects=[a_subject("dog")])
    request = a_request("x", negative_prompt="rain, dog, beach, thunder, clay")
    board = scripted(request, a_script(shot, styles=("clay", "oil")))
    assert board.styles == ("oil",)
    [made] = board.shots
    assert (made.weather, made.place, made.sounds, made.subjects) == (None, None, (), ())


def test_an_edit_keeps_its_words() -> None:
    """A new sky that is a sunset is not the golden hour over everything as well."""
    prompt = "Replace the sky with a sunset"
    board = scripted(a_request(prompt, videos=1), a_script(a_shot(time_of_day="golden_hour")))
    assert board.edits == direct(a_request(prompt, videos=1)).edits
    assert board.shots[0].time_of_day is None


def test_a_look_that_is_known_stands_in_for_one_made_up() -> None:
    request = a_request("Restyle it in the style of bubbling copper", videos=1)
    invented = direct(request).invented
    assert invented
    assert scripted(request, a_script()).invented == invented
    assert scripted(request, a_script(styles=("oil",))).invented == ()


def test_what_nobody_can_do_is_said_and_what_the_rules_did_not_understand_is_not() -> None:
    request = a_request("A zorblax says hello, a man speaks to the camera: 'good evening'")
    by_rules, by_script = direct(request).unsupported, scripted(request, a_script()).unsupported
    assert by_script == tuple(sentence for sentence in by_rules if "understood" not in sentence)
    assert by_script


def test_texts_that_are_to_be_set_are_those_of_the_request() -> None:
    request = a_request('A sign that says "OPEN" and a sign that says "CLOSED"', multi_shot=True)
    script = a_script(a_shot('A sign that says "CLOSED"', 2.5), a_shot('A sign that says "SOLD"', 2.5))
    assert [shot.lettering for shot in scripted(request, script).shots] == [("OPEN", "CLOSED"), ()]


def test_pictures_open_and_close_a_clip_by_their_roles() -> None:
    roles = (ImageRole.LAST_FRAME, ImageRole.FIRST_FRAME)
    request = a_request("x", images=2, image_types=roles)
    assert scripted(request, a_script(a_shot(images=[1, 2]))).shots[0].images == (2, 1)


def test_pictures_shown_in_turn_are_a_shot_each() -> None:
    request = a_request("A slide show of the pictures", images=3)
    shots = [a_shot(seconds=second, images=[number]) for number, second in ((2, 1), (1, 2), (3, 2))]
    assert [shot.images for shot in scripted(request, a_script(*shots)).shots] == [(2,), (1,), (3,)]
    crowded = a_script(a_shot(seconds=4, images=[1, 2, 3]), a_shot(seconds=1, images=[1]))
    assert "more than two" in refused(request, crowded)


def test_a_picture_that_lends_its_style_is_shown_nowhere() -> None:
    request = a_request("A fox in the style of @Image1", images=1)
    board = scripted(request, a_script(a_shot(images=[1], subjects=[a_subject(image=1)])))
    assert (board.style_images, board.shots[0].images) == ((1,), ())
    assert board.shots[0].subjects[0].image is None


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("", "not JSON"),
        ("Here is your storyboard: {}", "not JSON"),
        ("[" * 60_000, "it "),
        ("x" * 70_000, "more than 65536 characters"),
        ("{}", "does not fit at $"),
        (a_script(a_shot(seconds="5")), "$.shots[0].seconds"),
        (a_script(a_shot(seconds=5.1)), "do not add up to 5 seconds"),
        (a_script(a_shot(seconds=-5)), "$.shots[0].seconds"),
        (a_script().replace("5,", "1e999,"), ""),
        (a_script(a_shot(), a_shot()), "2 shots, not 1 to 1"),
        (a_script(a_shot(camera="zoom")), "$.shots[0].camera"),
        (a_script(a_shot(place="atlantis")), "$.shots[0].place"),
        (a_script(a_shot(sounds=["silence"])), "$.shots[0].sounds"),
        (a_script(a_shot(subjects=[a_subject(colour="ultraviolet")])), "subjects.colour"),
        (a_script(a_shot(subjects=[a_subject(count=25)])), "count"),
        (a_script(a_shot(subjects=[a_subject()] * 13)), "subjects"),
        (a_script(a_shot(prompt="x" * 801)), "prompt"),
        (a_script(a_shot(prompt="")), "prompt"),
        (a_script(a_shot(prompt=" ")), "$.shots[0].prompt: no text"),
        (a_script(a_shot(prompt="a\0b")), "$.shots[0].prompt: no text"),
        (a_script(a_shot(prompt="\ud800")), ""),
        (a_script(a_shot(lens="85mm")), "$.shots[0]"),
        (a_script(styles=("brutalism",)), "$.styles"),
        (a_script(a_shot(images=[1])), "picture that was not sent"),
        (a_script(a_shot(subjects=[a_subject(image=2)])), "picture that was not sent"),
    ],
)
def test_a_script_that_is_not_right_is_refused_and_says_where(script: str, fault: str) -> None:
    assert fault in refused(a_request("a fox"), script)


def test_a_refusal_repeats_nothing_that_was_said() -> None:
    for script in (a_script(a_shot(camera="my secret")), a_script(a_shot(place="my secret")), '"my secret"'):
        assert "secret" not in refused(a_request("a fox"), script)


@pytest.mark.parametrize(
    ("shots", "fault"),
    [
        ([a_shot(images=[1, 2])], "1 shots, not 2 to 10"),
        ([a_shot(seconds=0.2, images=[1, 2]), a_shot(seconds=4.8)], "shorter than 0.5 seconds"),
        ([a_shot(seconds=2.5, images=[2]), a_shot(seconds=2.5, images=[2])], "picture 1 is in no shot"),
        ([a_shot(seconds=2.5, images=[1, 1]), a_shot(seconds=2.5, images=[2])], "a picture twice"),
        ([a_shot(seconds=5 / 13, images=[1, 2])] * 13, "does not fit at $.shots"),
    ],
)
def test_shots_and_pictures_have_bounds(shots: list[dict[str, Any]], fault: str) -> None:
    request = a_request("The cat of @Image1 and the dog of @Image2", images=2, multi_shot=True)
    assert fault in refused(request, a_script(*shots))


def test_lengths_that_add_up_to_the_frame_are_enough() -> None:
    request = a_request("x", multi_shot=True)
    script = a_script(*(a_shot(seconds=1.67) for _ in range(3)))
    assert scripted(request, script).frame_counts(120) == (40, 40, 40)


def test_a_question_says_all_that_matters_and_its_schema_is_one() -> None:
    request = a_request("A fox", images=2, multi_shot=True, negative_prompt="rain", sound=True)
    body = question(request, model="m", seed=7)
    assert (body["model"], body["temperature"], body["seed"]) == ("m", 0, 7)
    facts = json.loads(body["messages"][1]["content"])
    assert (facts["prompt"], facts["not_wanted"], facts["seconds"]) == ("A fox", "rain", 5)
    assert facts["shots"] == {"fewest": 2, "most": 10}
    assert [picture["named"] for picture in facts["pictures"]] == ["<<<image_1>>>", "<<<image_2>>>"]
    schema = body["response_format"]["json_schema"]["schema"]
    jsonschema_rs.meta.validate(schema)
    assert body == question(request, model="m", seed=7)


def _objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    own = [schema] if schema["type"] == "object" else []
    return [*own, *(found for each in inner for found in _objects(each))]


def test_the_schema_is_one_that_can_be_kept_to_strictly() -> None:
    """Every property required and no others, which is what endpoints ask of a strict schema."""
    found = _objects(script_schema(2))
    assert len(found) == 3
    for each in found:
        assert each["required"] == list(each["properties"])
        assert each["additionalProperties"] is False


def _maybe(topic: Topic) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(canonical(topic))


_PROMPTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(str.strip)
_SUBJECTS = st.builds(
    a_subject,
    st.text(min_size=1, max_size=60) | st.sampled_from(canonical(Topic.NOUN)),
    count=st.integers(1, 24),
    colour=_maybe(Topic.COLOUR),
    action=_maybe(Topic.ACTION),
    image=st.none() | st.integers(1, 2),
)
_SHOTS = st.builds(
    a_shot,
    _PROMPTS,
    st.just(2.5),
    images=st.just([1, 2]),
    place=_maybe(Topic.PLACE),
    mood=_maybe(Topic.MOOD),
    camera=st.none() | st.sampled_from(CameraMove),
    subjects=st.lists(_SUBJECTS, max_size=12),
    sounds=st.lists(st.sampled_from(canonical(Topic.NOISE)), max_size=6),
)


@settings(max_examples=40, deadline=None)
@given(
    shots=st.lists(_SHOTS, min_size=2, max_size=2),
    styles=st.lists(st.sampled_from(canonical(Topic.STYLE)), max_size=6),
    prompt=st.text(min_size=1, max_size=100),
    videos=st.integers(0, 1),
)
def test_any_script_that_fits_gives_a_storyboard(
    shots: list[dict[str, Any]], styles: list[str], prompt: str, videos: int
) -> None:
    request = a_request(prompt, images=2, videos=videos, multi_shot=True)
    script = a_script(*shots, styles=tuple(styles))
    jsonschema_rs.validator_for(script_schema(2)).validate(json.loads(script))
    board = scripted(request, script)
    assert board == scripted(request, script)
    assert board.frame_counts(120) == (60, 60)
    used = {number for shot in board.shots for number in shot.images}
    assert used | set(board.style_images) == {1, 2}
