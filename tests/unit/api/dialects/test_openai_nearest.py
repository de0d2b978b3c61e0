from __future__ import annotations

import pytest

from omnireel.api.dialects.openai.nearest import CANVASES, nearest_canvas, nearest_seconds
from omnireel.errors import InvalidFormat, OutOfRange

O1 = (5, 10)
OMNI = tuple(range(3, 16))


@pytest.mark.parametrize("canvas", CANVASES, ids=lambda canvas: canvas.size)
def test_a_size_that_is_made_here_is_made_without_a_word(canvas: object) -> None:
    assert nearest_canvas(getattr(canvas, "size", "")) == canvas


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ("1792x1024", "1920x1080"),
        ("1024x1792", "1080x1920"),
        ("854x480", "1280x720"),
        ("480x854", "720x1280"),
        ("1024x1024", "960x960"),
        ("1366X768", "1280x720"),
        ("1280x800", "1280x720"),
        ("2560x1440", "1920x1080"),
    ],
)
def test_the_nearest_size_is_made_and_it_is_said(size: str, made: str) -> None:
    canvas = nearest_canvas(size)

    assert canvas.size == made
    assert canvas.notes == (f"'size' {size.lower()} was taken as {made}, the nearest that is made here",)


@pytest.mark.parametrize("size", ["1024x768", "100x900", "3840x2160", "320x180", "1x1", "99999x99999"])
def test_a_size_nothing_here_is_near_to_is_refused(size: str) -> None:
    with pytest.raises(OutOfRange, match=f"'size' must be near to '1280x720'.* got '{size}'"):
        nearest_canvas(size)


@pytest.mark.parametrize(
    "size", ["", "wide", "1280", "0x720", "720x0", "-1x5", "1280x720x3", 720, None, ["a"]]
)
def test_what_is_no_size_is_refused(size: object) -> None:
    with pytest.raises(InvalidFormat, match="'size' must be a width and a height"):
        nearest_canvas(size)


@pytest.mark.parametrize("seconds", ["4", "8", "12", 12, 12.0, "3", "15"])
def test_the_omni_model_makes_openais_lengths_exactly(seconds: object) -> None:
    assert nearest_seconds(seconds, OMNI) == (int(float(str(seconds))), ())


@pytest.mark.parametrize(("asked", "made"), [("4", 5), ("8", 10), (12, 10), ("7", 5), ("3", 5)])
def test_the_nearest_length_is_made_and_it_is_said(asked: object, made: int) -> None:
    note = f"'seconds' {asked} was taken as {made}: this model makes 5 or 10"
    assert nearest_seconds(asked, O1) == (made, (note,))


@pytest.mark.parametrize(("seconds", "durations"), [("20", OMNI), ("0", OMNI), (13, O1), ("2", O1), (-4, O1)])
def test_a_length_nothing_here_is_near_to_is_refused(seconds: object, durations: tuple[int, ...]) -> None:
    with pytest.raises(OutOfRange, match=rf"'seconds' must be .* or at most 2 off, got {seconds}"):
        nearest_seconds(seconds, durations)


@pytest.mark.parametrize("seconds", ["", "4.5", "four", "٤", True, 4.5, ["4"], {}])
def test_what_is_no_number_of_seconds_is_refused(seconds: object) -> None:
    with pytest.raises(InvalidFormat, match="'seconds' must be a whole number"):
        nearest_seconds(seconds, OMNI)
