from __future__ import annotations

import pytest

from omnireel.models import MediaKind
from omnireel.references import (
    find_references,
    missing_references,
    referenced_images,
    without_references,
)

IMAGE, VIDEO = MediaKind.IMAGE, MediaKind.VIDEO


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("<<<image_1>>> walks", [(IMAGE, 1)]),
        ("put @Image2 beside @image_1", [(IMAGE, 2), (IMAGE, 1)]),
        ("restyle @Video1 like @Image3.", [(VIDEO, 1), (IMAGE, 3)]),
        ("<<<video_1>>>,@图片2跑步", [(VIDEO, 1), (IMAGE, 2)]),
        ("让@Image1在@视频1里跳舞", [(IMAGE, 1), (VIDEO, 1)]),
        ("@IMAGE_12 and @image 7", [(IMAGE, 12), (IMAGE, 7)]),
        ("<<< image_1 >>>", [(IMAGE, 1)]),
        ("@image_0", [(IMAGE, 0)]),
        ("mail someone@image1.example or @imagery or @image or @image1st", []),
        ("@image1.com", []),
        ("an image 1 by 1", []),
        ("", []),
        ("@ımage1 @vİdeo_1", [(IMAGE, 1), (VIDEO, 1)]),
    ],
)
def test_references_are_found_in_every_spelling(prompt: str, found: list[tuple[MediaKind, int]]) -> None:
    assert [(ref.kind, ref.number) for ref in find_references(prompt)] == found


def test_a_reference_keeps_its_text_and_place() -> None:
    prompt = "海边 <<<image_1>>> 跑"
    (ref,) = find_references(prompt)
    assert prompt[ref.start : ref.start + len(ref.text)] == ref.text == "<<<image_1>>>"


def test_a_reference_to_an_input_that_was_not_sent_is_missing() -> None:
    prompt = "@Image1 @Image2 @Image0 @Video1"
    missing = missing_references(prompt, images=1, videos=0)
    assert [ref.text for ref in missing] == [
        "@Image2",
        "@Image0",
        "@Video1",
    ]
    assert missing_references("@Image1 in @Video1", images=1, videos=1) == ()


def test_an_absurd_number_is_read_and_missing() -> None:
    (ref,) = missing_references("@image_" + "9" * 2000, images=7, videos=1)
    assert ref.number == int("9" * 2000)


def test_pictures_are_listed_once_in_order_of_mention() -> None:
    assert referenced_images("@Image3 meets @Image1, then @Image3 leaves @Video1") == (3, 1)


def test_blanking_references_keeps_every_other_offset() -> None:
    prompt = "a @Image1 dog <<<video_1>>> runs"
    blank = without_references(prompt)
    assert len(blank) == len(prompt)
    assert blank.split() == ["a", "dog", "runs"]
    assert blank.index("dog") == prompt.index("dog")
