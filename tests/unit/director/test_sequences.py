from __future__ import annotations

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct
from omnireel.models import CameraMove, ImageRole, JobKind, Transition


@pytest.mark.parametrize(
    ("prompt", "images", "transition"),
    [
        ("A slideshow of our holiday", 3, Transition.SLIDE),
        ("Turn these photos into a calm film", 4, Transition.DISSOLVE),
        ("First @Image1, then @Image2, finally @Image3", 3, Transition.DISSOLVE),
        ("from @Image1 to @Image2 to @Image3", 3, Transition.DISSOLVE),
        ("a fast montage of the trip", 2, Transition.CUT),
        ("依次展示这些照片", 3, Transition.DISSOLVE),
        ("先是@图片1,然后@图片2,最后@图片3", 3, Transition.DISSOLVE),
        ("做成旅行相册", 5, Transition.DISSOLVE),
    ],
)
def test_pictures_shown_in_turn_are_a_shot_each(prompt: str, images: int, transition: Transition) -> None:
    board = direct(a_request(prompt, images=images))
    assert board.kind is JobKind.ANIMATE
    assert [shot.images for shot in board.shots] == [(number,) for number in range(1, images + 1)]
    assert [shot.transition for shot in board.shots] == [Transition.CUT] + [transition] * (images - 1)


@pytest.mark.parametrize(
    "prompt",
    [
        "put the dog of @Image1 in the park of @Image2",
        "@Image1 runs to @Image2 on the beach",
        "the character of these pictures appears on a beach",
        "two friends meet",
    ],
)
def test_pictures_of_subjects_stay_subjects(prompt: str) -> None:
    assert direct(a_request(prompt, images=2)).kind is JobKind.SUBJECTS


def test_pictures_are_shown_in_the_order_they_are_named() -> None:
    shots = direct(a_request("first @Image3, then @Image1, then @Image2", images=3)).shots
    assert [shot.images for shot in shots] == [(3,), (1,), (2,)]


def test_two_pictures_from_one_to_the_other_are_a_morph() -> None:
    (shot,) = direct(a_request("from @Image1 to @Image2", images=2)).shots
    assert shot.images == (1, 2)


def test_more_pictures_that_turn_into_each_other_are_a_chain_of_morphs() -> None:
    board = direct(a_request("these photos morph into each other", images=3))
    assert [shot.images for shot in board.shots] == [(1, 2), (2, 3)]


def test_every_picture_keeps_the_words_said_about_it() -> None:
    prompt = "A photo album. Shot 1: pan left over the beach. Shot 2: push in on the city"
    shots = direct(a_request(prompt, images=2, multi_shot=True)).shots
    assert [shot.camera for shot in shots] == [CameraMove.PAN_LEFT, CameraMove.PUSH_IN]
    assert [shot.images for shot in shots] == [(1,), (2,)]


def test_roles_beat_a_slideshow() -> None:
    roles = [ImageRole.FIRST_FRAME, ImageRole.LAST_FRAME]
    board = direct(a_request("a slideshow", images=2, image_types=roles))
    assert board.shots[0].images == (1, 2)
