"""Frames and sound in, a finished MP4 out, one frame at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.error import FFmpegError

from omnireel.errors import WorkerLost
from omnireel.media.encoder import Mp4Encoder
from omnireel.media.frames import Frame, Samples
from omnireel.media.x264 import USUAL, Coding

_BACKLOG = 3
"""Frames that may wait for the encoder before `write` blocks."""


class ClipWriter:
    """Writes H.264 High, yuv420p, BT.709, constant rate, +faststart; AAC 48 kHz stereo when `audio`.

    Use it as a context manager. The file appears under `path` complete, when the block ends without an
    exception, or not at all; a disk that cannot take it raises WorkerLost. The bytes depend on the frames,
    samples and settings only: `threads` of 2 or more puts the encoder beside the caller, and changes how long
    it takes but not what comes out.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        fps: Fraction,
        audio: bool = False,
        threads: int = 1,
        coding: Coding = USUAL,
        crf: int = 20,
    ) -> None:
        if width % 2 or height % 2 or min(width, height) < 2:
            raise ValueError(f"width and height must be even, got {width}x{height}")
        if fps <= 0:
            raise ValueError(f"fps must be positive, got {fps}")
        self.frames = 0
        self._path, self._partial = path, path.with_name(path.name + ".part")
        self._shape = (height, width, 3)
        self._audio = audio
        with _faults_of_the_machine():
            self._encoder = Mp4Encoder(
                self._partial, width=width, height=height, fps=fps, audio=audio, coding=coding, crf=crf
            )
        self._beside = ThreadPoolExecutor(1, "encoder") if threads > 1 else None
        self._backlog: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with _faults_of_the_machine():
                    self._finish()
            else:
                self._abort()
        finally:
            self._partial.unlink(missing_ok=True)

    def write(self, frame: Frame) -> None:
        """Add the next frame, `(height, width, 3)` uint8 BGR. The array may be reused afterwards."""
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ValueError(f"a frame must be uint8 {self._shape}, got {frame.dtype} {frame.shape}")
        picture = self._encoder.picture(frame)
        self.frames += 1
        with _faults_of_the_machine():
            if self._beside is None:
                self._encoder.encode(picture)
            else:
                self._queue(self._beside.submit(self._encoder.encode, picture))

    def write_audio(self, samples: Samples) -> None:
        """Add the next samples, `(n, 2)` float32 at 48 kHz.

        Sound ends exactly with the frames: what is missing is silence, what is too much is cut.
        """
        if not self._audio:
            raise ValueError("this clip was opened without sound")
        if samples.ndim != 2 or samples.shape[1] != 2 or samples.dtype != np.float32:
            raise ValueError(f"samples must be float32 (n, 2), got {samples.dtype} {samples.shape}")
        with _faults_of_the_machine():
            if self._beside is None:
                self._encoder.encode_audio(samples)
            else:
                self._queue(self._beside.submit(self._encoder.encode_audio, samples.copy()))

    def _queue(self, work: Future[None]) -> None:
        self._backlog.append(work)
        while len(self._backlog) > _BACKLOG:
            self._backlog.popleft().result()

    def _drain(self) -> None:
        if self._beside is not None:
            self._beside.shutdown(cancel_futures=False)
        while self._backlog:
            self._backlog.popleft().result()

    def _finish(self) -> None:
        if not self.frames:
            self._abort()
            raise ValueError("a clip needs at least one frame")
        try:
            self._drain()
        except BaseException:
            self._encoder.abort()
            raise
        self._encoder.finish()
        _publish(self._partial, self._path)

    def _abort(self) -> None:
        if self._beside is not None:
            self._beside.shutdown(cancel_futures=True)
        self._encoder.abort()


@contextmanager
def _faults_of_the_machine() -> Iterator[None]:
    """A full disk is nobody's request's fault: the attempt may be tried again."""
    try:
        yield
    except (FFmpegError, OSError) as error:
        raise WorkerLost(f"the clip cannot be written: {error.strerror or error}") from error


def _publish(partial: Path, path: Path) -> None:
    """Readers of `path` see the whole file or no file, even across a power cut."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
