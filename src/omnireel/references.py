"""Finds the places where a prompt names one of its own inputs: `<<<image_1>>>`, `@Video1`, `@图片1`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from omnireel.models import MediaKind

_IMAGE_WORDS = "image|图片|图像|图"
_VIDEO_WORDS = "video|视频"
_NAME = rf"(?:(?:{_IMAGE_WORDS})|(?P<video{{0}}>{_VIDEO_WORDS}))[ _]?(?P<number{{0}}>[0-9]+)"
# An address such as someone@image1.example is not a reference, nor is @image1st; Chinese may follow directly.
_REFERENCE = re.compile(
    rf"<<<\s?{_NAME.format(1)}\s?>>>|(?<![A-Za-z0-9_.])@{_NAME.format(2)}(?![A-Za-z0-9_]|\.[A-Za-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reference:
    """One mention of an input. `number` is 1-based as written, so it may name an input that was not sent."""

    kind: MediaKind
    number: int
    text: str
    start: int = 0
    """Offset of `text` in the prompt, in code points."""


def find_references(prompt: str) -> tuple[Reference, ...]:
    """Every mention of an input in the prompt, in reading order, repeats included. Linear in the prompt."""
    return tuple(_read(match) for match in _REFERENCE.finditer(prompt))


def missing_references(prompt: str, *, images: int, videos: int) -> tuple[Reference, ...]:
    """The mentions that name no input, given how many of each were sent."""
    sent = {MediaKind.IMAGE: images, MediaKind.VIDEO: videos}
    return tuple(ref for ref in find_references(prompt) if not 1 <= ref.number <= sent[ref.kind])


def referenced_images(prompt: str) -> tuple[int, ...]:
    """The 1-based numbers of the pictures a text names, each once, in the order of first mention."""
    return tuple(dict.fromkeys(_numbers(prompt, MediaKind.IMAGE)))


def without_references(prompt: str) -> str:
    """The prompt with each mention blanked out at its own length, so that offsets still agree."""
    return _REFERENCE.sub(lambda match: " " * len(match.group()), prompt)


def _numbers(prompt: str, kind: MediaKind) -> Iterator[int]:
    return (ref.number for ref in find_references(prompt) if ref.kind is kind)


def _read(match: re.Match[str]) -> Reference:
    is_video = match["video1"] or match["video2"]
    number = match["number1"] or match["number2"]
    return Reference(
        MediaKind.VIDEO if is_video else MediaKind.IMAGE, int(number), match.group(), match.start()
    )
