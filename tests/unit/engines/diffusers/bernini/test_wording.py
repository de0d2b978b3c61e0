"""What the text encoder reads."""

from __future__ import annotations

import pytest

from omnireel.engines.diffusers.bernini.wording import SENTENCES, worded
from omnireel.engines.diffusers.call import Conditioning


def said(prompt: str) -> str:
    return worded(Conditioning.EDIT, prompt).removeprefix(SENTENCES[Conditioning.EDIT])


@pytest.mark.parametrize(
    ("prompt", "plain"),
    [
        ("A fox in the snow", "A fox in the snow"),
        ("Dress her in <<<image_2>>>", "Dress her in the second image"),
        ("Put @Image1 into @video_1", "Put the first image into the video"),
        ("把@图片1放进<<<video_1>>>里", "把the first image放进the video里"),
        ("<<<image_10>>> and <<<image_17>>>", "the tenth image and image 17"),
        ("write to me@image1.example", "write to me@image1.example"),
    ],
)
def test_inputs_are_called_by_plain_ordinals(prompt: str, plain: str) -> None:
    assert said(prompt) == plain


def test_every_task_begins_with_a_sentence_of_its_own() -> None:
    texts = {worded(task, "A fox") for task in SENTENCES}
    assert len(texts) == len(SENTENCES) == 4
    assert all(text.endswith(".A fox") for text in texts)
