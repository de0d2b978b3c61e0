from __future__ import annotations

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct
from omnireel.models import Edit, EditKind, VideoRole

RECOLOUR, SKY, GREY, SPEED = EditKind.RECOLOUR, EditKind.SKY, EditKind.DESATURATE, EditKind.SPEED

EDITS = [
    ("make the red car blue", [Edit(RECOLOUR, "car", "red", "blue")]),
    ("Turn the flowers purple and keep the motion", [Edit(RECOLOUR, "flower", None, "purple")]),
    ("把红色的车变成蓝色", [Edit(RECOLOUR, "car", "red", "blue")]),
    ("裙子改成绿色", [Edit(RECOLOUR, "dress", None, "green")]),
    ("change the colour of the car from red to blue", [Edit(RECOLOUR, "car", "red", "blue")]),
    ("paint the gizmo blue", [Edit(RECOLOUR, "gizmo", None, "blue")]),
    (
        "make the leaves orange and the sky pink",
        [Edit(RECOLOUR, "leaf", None, "orange"), Edit(RECOLOUR, "sky", None, "pink")],
    ),
    ("replace the sky with a starry night", [Edit(SKY, "sky", value="stars")]),
    ("make the sky stormy", [Edit(SKY, "sky", value="storm")]),
    ("把天空换成晚霞", [Edit(SKY, "sky", value="sunset")]),
    ("换成晚霞", [Edit(SKY, "sky", value="sunset")]),
    ("add an aurora", [Edit(SKY, "sky", value="aurora")]),
    ("make it black and white except the red umbrella", [Edit(GREY, "umbrella", "red")]),
    ("除了红色的雨伞其他都变成黑白", [Edit(GREY, "umbrella", "red")]),
    ("keep only the red car in color, the rest black and white", [Edit(GREY, "car", "red")]),
    ("remove the colour", [Edit(GREY)]),
    ("in slow motion", [Edit(SPEED, factor=0.5)]),
    ("4x slow motion", [Edit(SPEED, factor=0.25)]),
    ("2倍速快进", [Edit(SPEED, factor=2.0)]),
    ("play it in reverse", [Edit(EditKind.REVERSE)]),
    ("倒放", [Edit(EditKind.REVERSE)]),
    ("stabilize the video", [Edit(EditKind.STABILISE)]),
    ("背景虚化", [Edit(EditKind.BLUR_BACKGROUND)]),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "edits"), EDITS, ids=[prompt for prompt, _ in EDITS])
def test_what_leaves_a_source_what_it_is_becomes_an_edit(prompt: str, edits: list[Edit]) -> None:
    board = direct(a_request(prompt, videos=1))
    assert list(board.edits) == edits
    assert board.unsupported == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "replace the red car with a blue truck",
        "Turn the dog into a cat",
        "don't make the car red",
        "make it clay, keep the slow motion",
        "a black and white cat in watercolor",
        "turn it into night",
    ],
)
def test_other_wishes_are_no_edits(prompt: str) -> None:
    assert direct(a_request(prompt, videos=1)).edits == ()


def test_a_new_sky_does_not_also_change_the_hour_or_the_weather() -> None:
    for prompt in ("replace the sky with a sunset", "make the sky stormy", "把天空换成星空"):
        (shot,) = direct(a_request(prompt, videos=1)).shots
        assert (shot.time_of_day, shot.weather) == (None, None)
    (shot,) = direct(a_request("turn it into night with rain", videos=1)).shots
    assert (shot.time_of_day, shot.weather) == ("night", "rain")


def test_a_spared_colour_is_not_also_a_noir_look() -> None:
    assert direct(a_request("黑白,除了红色的雨伞", videos=1)).styles == ()


def test_a_move_that_is_to_be_kept_is_not_made_again() -> None:
    assert direct(a_request("make it clay, keep the slow pan right", videos=1)).shots[0].camera is None
    assert direct(a_request("make it clay, slowly zoom in", videos=1)).shots[0].camera == "push_in"


def test_only_a_video_that_is_edited_has_edits() -> None:
    assert direct(a_request("make the red car blue")).edits == ()
    borrowed = a_request("a red car in slow motion", videos=1, video_type=VideoRole.REFERENCE)
    assert direct(borrowed).edits == ()
