from __future__ import annotations

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct

NAMED = [
    ("Restyle the video in the style of brushed copper and emerald", ("copper", "emerald"), ()),
    ("make everything look like marble", ("marble",), ()),
    ("marble style", ("marble",), ()),
    ("turn it into gold leaf", ("gold-leaf",), ()),
    ("restyle as blue denim", ("denim",), ("blue",)),
    ("green marble look, keep the motion", ("marble",), ("green",)),
    ("red and black style", (), ("red", "black")),
    ("把视频变成青铜风格", ("bronze",), ()),
    ("大理石风格", ("marble",), ()),
    ("用玉石做的", ("jade",), ()),
]


@pytest.mark.parametrize(("prompt", "materials", "colours"), NAMED, ids=[prompt for prompt, _, _ in NAMED])
def test_unknown_styles_become_materials_and_colours(
    prompt: str, materials: tuple[str, ...], colours: tuple[str, ...]
) -> None:
    board = direct(a_request(prompt, videos=1))
    assert [(look.materials, look.colours) for look in board.invented] == [(materials, colours)]
    assert any("made up from" in sentence for sentence in board.unsupported)
    assert not any("cannot" in sentence or "Only a thing" in sentence for sentence in board.unsupported)


@pytest.mark.parametrize(
    "prompt",
    [
        "anime style",
        "Studio Ghibli style",
        "not marble style",
        "in the same style",
        "cinematic style at night, in the rain",
        "turn it into a dog",
        "不要大理石风格",
    ],
)
def test_known_denied_and_empty_styles_invent_nothing(prompt: str) -> None:
    board = direct(a_request(prompt, videos=1))
    assert board.invented == ()
    assert not any("There is no style" in sentence for sentence in board.unsupported)


def test_a_statue_of_marble_is_no_style_of_a_scene() -> None:
    assert direct(a_request("a statue made of marble on the beach")).invented == ()
    assert direct(a_request("a statue on the beach in marble style")).invented != ()


def test_a_name_that_says_nothing_is_named_in_a_warning() -> None:
    board = direct(a_request("in the style of Zorblax the Unknown", videos=1))
    assert board.invented == ()
    assert any("Zorblax the Unknown" in sentence for sentence in board.unsupported)


@pytest.mark.parametrize(
    "prompt",
    ["Restyle in the style of @Image1", "use the palette of <<<image_1>>>", "以@图1的风格重绘视频"],
)
def test_a_picture_named_for_its_style_lends_it(prompt: str) -> None:
    board = direct(a_request(prompt, images=1, videos=1))
    assert board.style_images == (1,)
    assert not any("lends" in sentence for sentence in board.unsupported)


def test_a_picture_without_a_role_lends_its_style_and_that_is_said() -> None:
    board = direct(a_request("make it nicer", images=1, videos=1))
    assert board.style_images == (1,)
    assert any("lends" in sentence for sentence in board.unsupported)


def test_a_picture_with_another_role_does_not_lend_its_style() -> None:
    assert direct(a_request("replace the car with @Image1", images=1, videos=1)).style_images == ()


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("sepia", "sepia"),
        ("like an old super 8 home movie", "super-8"),
        ("thermal camera look", "thermal"),
        ("make it look as if underwater", "underwater"),
        ("春天", "spring"),
        ("默片", "sepia"),
    ],
)
def test_variants_of_films_have_names_of_their_own(prompt: str, style: str) -> None:
    assert style in direct(a_request(prompt, videos=1)).styles
