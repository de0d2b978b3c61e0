from __future__ import annotations

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct


@pytest.mark.parametrize(
    ("prompt", "stirs"),
    [
        ("The waves roll in while clouds drift over the hills", {"water", "clouds"}),
        ("leaves rustle in the wind", {"leaves", "wind"}),
        ("a candle flickers on the table", {"fire"}),
        ("steam rises from the cup of coffee", {"steam"}),
        ("风吹过草地,云朵慢慢飘动", {"wind", "leaves", "clouds"}),
        ("水面波光粼粼", {"water", "sparkle"}),
        ("her hair moves, the flag waves", {"hair", "flag"}),
        ("slow push in, no wind", set()),
        ("the camera pans left across the room", set()),
    ],
)
def test_what_moves_by_itself_is_read_from_the_words(prompt: str, stirs: set[str]) -> None:
    shot = direct(a_request(prompt, images=1)).shots[0]
    assert stirs <= set(shot.stirs)
    assert stirs or not shot.stirs


def test_what_the_negative_prompt_rules_out_does_not_stir() -> None:
    shot = direct(a_request("clouds drift over the lake", images=1, negative_prompt="clouds")).shots[0]
    assert "clouds" not in shot.stirs
    assert "water" in shot.stirs


def test_wind_does_not_stop_at_a_cut() -> None:
    prompt = "Shot 1: the wind blows over the meadow. Shot 2: close-up of the girl"
    board = direct(a_request(prompt, images=1, multi_shot=True))
    assert all("wind" in shot.stirs for shot in board.shots)
