"""A request's pictures and video as the arrays that go with a call: RGB, in exactly the model's size."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import cv2
import numpy as np

from omnireel.engines.base import Run
from omnireel.engines.diffusers.mapping import Facts, Pass
from omnireel.engines.link import Array
from omnireel.media.frames import Frame
from omnireel.media.image import load_image
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.models import MediaKind, VideoRequest

LARGEST_REFERENCE = 1536
"""Longer side of a reference picture, pixels; models look at less."""


def facts_of(request: VideoRequest, run: Run) -> Facts | None:
    """Of the source video, else of the first picture; None without either."""
    if request.videos:
        path = run.open(request.videos[0])
        with VideoReader(path, sniff(path, MediaKind.VIDEO).format, limits=run.limits) as reader:
            return Facts(reader.facts.width, reader.facts.height, len(reader), reader.fps)
    if request.images:
        height, width = _picture(request, run, 1).shape[:2]
        return Facts(width, height)
    return None


def arrays_of(wanted: Pass, request: VideoRequest, run: Run, before: Array | None) -> dict[str, Array]:
    """What goes along with a pass. `before` are the frames that it goes on from, when it does."""
    call = wanted.call
    size = call.width, call.height
    arrays: dict[str, Array] = {}
    if wanted.goes_on and before is not None:
        arrays["opening"] = before
    elif wanted.opening is not None:
        arrays["opening"] = _rgb(covered(_picture(request, run, wanted.opening), size))[None]
    if wanted.closing is not None:
        arrays["closing"] = _rgb(covered(_picture(request, run, wanted.closing), size))[None]
    for place, image in enumerate(wanted.images, 1):
        arrays[f"reference_{place}"] = _rgb(_at_most(_picture(request, run, image), LARGEST_REFERENCE))
    if call.conditioning.follows_a_source:
        arrays["source"] = source_window(request, run, wanted)
    return arrays


def source_window(request: VideoRequest, run: Run, wanted: Pass) -> Array:
    """The source's frames at the model's rate from where the pass begins; its last one is held where the
    source is shorter than a legal clip.
    """
    call = wanted.call
    path = run.open(request.videos[0])
    found = sniff(path, MediaKind.VIDEO)
    size = covering(found.width, found.height, (call.width, call.height))
    with VideoReader(path, found.format, size, Fraction(call.fps), limits=run.limits) as reader:
        frames = [_rgb(_cropped(frame, (call.width, call.height))) for frame in _window(reader, wanted)]
    frames += [frames[-1]] * (call.frames - len(frames))
    return np.stack(frames)


def _window(reader: VideoReader, wanted: Pass) -> Iterator[Frame]:
    return islice(reader, wanted.begin, wanted.begin + wanted.call.frames)


def covering(width: int, height: int, size: tuple[int, int]) -> tuple[int, int]:
    """The smallest even size of this shape that covers `size`."""
    scale = max(size[0] / width, size[1] / height)
    return max(size[0], round(width * scale / 2) * 2), max(size[1], round(height * scale / 2) * 2)


def covered(picture: Frame, size: tuple[int, int]) -> Frame:
    """The picture in this size: what is over is cut off evenly, nothing is stretched."""
    height, width = picture.shape[:2]
    fitted = covering(width, height, size)
    how = cv2.INTER_AREA if fitted[0] < width else cv2.INTER_CUBIC
    return _cropped(np.asarray(cv2.resize(picture, fitted, interpolation=how), np.uint8), size)


def _cropped(frame: Frame, size: tuple[int, int]) -> Frame:
    height, width = frame.shape[:2]
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    return frame[top : top + size[1], left : left + size[0]]


def _at_most(picture: Frame, side: int) -> Frame:
    height, width = picture.shape[:2]
    scale = side / max(width, height)
    if scale >= 1:
        return picture
    fitted = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, fitted, interpolation=cv2.INTER_AREA), np.uint8)


def _picture(request: VideoRequest, run: Run, place: int) -> Frame:
    path = run.open(request.images[place - 1])
    return load_image(path, sniff(path, MediaKind.IMAGE).format)


def _rgb(frame: Frame) -> Array:
    return np.ascontiguousarray(frame[..., ::-1])
