"""What the text encoder reads: a sentence that names the task, and the prompt, its inputs in plain words.

The sentences are those the weights were trained with (ByteDance, Bernini, 2026); they stand before the prompt
without a space.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from omnireel.engines.diffusers.call import Conditioning

SENTENCES: Final = MappingProxyType(
    {
        Conditioning.TEXT: "You are a helpful assistant specialized in text-to-video generation.",
        Conditioning.REFERENCES: "You are a helpful assistant specialized in subject-to-video generation.",
        Conditioning.EDIT: "You are a helpful assistant specialized in video editing.",
        Conditioning.EDIT_WITH_REFERENCES: (
            "You are a helpful assistant specialized in video editing with reference."
        ),
    }
)
ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
)  # fmt: skip
_KIND = r"(image|图片|图像|图|video|视频)[ _]?(\d{1,2})"
_MENTION = re.compile(
    rf"<<<\s?{_KIND}\s?>>>|(?<![A-Za-z0-9_.])@{_KIND}(?![A-Za-z0-9_]|\.[A-Za-z])", re.IGNORECASE
)


def worded(conditioning: Conditioning, prompt: str) -> str:
    """The prompt as the model was taught to read it. Raises KeyError for a task that it was not taught."""
    return SENTENCES[conditioning] + _MENTION.sub(_plainly, prompt)


def _plainly(mention: re.Match[str]) -> str:
    kind, number = mention[1] or mention[3], int(mention[2] or mention[4])
    if kind.lower() in ("video", "视频"):
        return "the video"
    return f"the {ORDINALS[number - 1]} image" if 1 <= number <= len(ORDINALS) else f"image {number}"
