"""Frames out of a video, one at a time, at a constant rate and in the size asked for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from omnireel.errors import InvalidMedia
from omnireel.media.colour import to_bgr
from omnireel.media.decode import pictures
from omnireel.media.deinterlace import deinterlaced
from omnireel.media.demux import open_container, video_stream
from omnireel.media.frames import Frame
from omnireel.media.probe import probe
from omnireel.media.sampling import sample_pictures
from omnireel.models import MediaLimits

_MOST_FPS = Fraction(60)
_LEAST_SHARE = 0.9
_MOST_HELD = 128 * 1024 * 1024
"""Bytes of decoded pictures that are held to be shown backwards."""
_SHORTEST_STRETCH = 12


class VideoReader:
    """Iterates a video's frames. Use it as a context manager; iterate as often as you like.

    Yields exactly `frames` frames at the constant rate `fps`: the source's own, at most 60, unless one is
    given. Where the source's stamps leave a gap the frame before is shown again. `size` is (width, height) as
    shown, after rotation; without it frames keep the source's. Memory holds one frame, never the clip.
    Raises InvalidMedia for what cannot be decoded or exceeds `limits`; run it only in an attempt's child.
    """

    def __init__(
        self,
        path: Path,
        file_format: str,
        size: tuple[int, int] | None = None,
        fps: Fraction | None = None,
        *,
        limits: MediaLimits | None = None,
    ) -> None:
        self._path, self._format, self._limits = path, file_format, limits or MediaLimits()
        self.facts = probe(path, file_format, self._limits)
        self.size = size or (self.facts.width, self.facts.height)
        self.fps = fps or min(self.facts.fps, _MOST_FPS)
        self.frames = max(1, round(Fraction(self.facts.frames) / self.facts.fps * self.fps))
        self._open: list[Generator[Frame, None, None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._open:
            self._open.pop().close()

    def __len__(self) -> int:
        return self.frames

    def __iter__(self) -> Iterator[Frame]:
        frames = self._frames()
        self._open.append(frames)
        return frames

    def backwards(self) -> Iterator[Frame]:
        """The same frames, the last one first.

        Pictures are decoded a stretch at a time from the key frame before it, so memory holds a stretch of
        them, never the clip, and long stretches between key frames cost repeated decoding.
        """
        frames = self._backwards()
        self._open.append(frames)
        return frames

    def sample(self, count: int, side: int = 320) -> list[Frame]:
        """At most `count` frames spread over the video, no side longer than `side` pixels; for palettes.

        Decodes as little as it can: key frames where they lie close enough, and no frame after the last one
        wanted.
        """
        scale = min(1.0, side / max(self.facts.width, self.facts.height))
        size = max(1, round(self.facts.width * scale)), max(1, round(self.facts.height * scale))
        converter = VideoReformatter()
        found = sample_pictures(self._path, self._format, self.facts, count, self._limits)
        with closing(found):
            return [to_bgr(picture, converter, size, self.facts.rotation) for picture in found]

    def _frames(self) -> Generator[Frame, None, None]:
        converter = VideoReformatter()
        with open_container(self._path, self._format, self._limits) as container:
            stream = video_stream(container)
            decoded = deinterlaced(pictures(container, stream, self._limits), stream)
            for picture in self._paced(decoded):
                yield to_bgr(picture, converter, self.size, self.facts.rotation)

    def _backwards(self) -> Generator[Frame, None, None]:
        converter = VideoReformatter()
        picture_bytes = self.facts.width * self.facts.height * 3 // 2
        stretch = max(_SHORTEST_STRETCH, _MOST_HELD // max(1, picture_bytes))
        for end in range(self.frames, 0, -stretch):
            held = list(self._between(max(0, end - stretch), end))
            while held:
                yield to_bgr(held.pop(), converter, self.size, self.facts.rotation)

    def _between(self, begin: int, end: int) -> Iterator[VideoFrame]:
        """The picture in each slot from `begin` up to `end`."""
        with open_container(self._path, self._format, self._limits) as container:
            stream = video_stream(container)
            if begin and stream.time_base:
                moment = self.facts.start + begin / self.fps
                container.seek(int(moment / stream.time_base), stream=stream)
            shown: VideoFrame | None = None
            slot = begin
            for picture in deinterlaced(pictures(container, stream, self._limits), stream):
                due = min(self._slot(picture, slot), end)
                while shown is not None and slot < due:
                    yield shown
                    slot += 1
                shown = picture
                if slot >= end:
                    return
        for _ in range(slot, end if shown is not None else slot):
            yield cast("VideoFrame", shown)

    def _paced(self, decoded: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        """Each picture in the slot nearest to its time, again in empty slots after it; `frames` in all."""
        shown, slot, seen = None, 0, 0
        for picture in decoded:
            due = self._slot(picture, slot)
            while shown is not None and slot < min(due, self.frames):
                yield shown
                slot += 1
            shown, seen = picture, seen + 1
        if shown is None or seen < self.facts.pictures * _LEAST_SHARE:
            raise InvalidMedia(f"only {seen} of the video's {self.facts.pictures} pictures can be decoded")
        for _ in range(self.frames - slot):
            yield shown

    def _slot(self, picture: VideoFrame, latest: int) -> int:
        if picture.pts is None or picture.time_base is None:
            return latest + 1
        return int((picture.pts * picture.time_base - self.facts.start) * self.fps + Fraction(1, 2))
