"""The MP4 file itself: one H.264 track, maybe one AAC track, written with libx264 and FFmpeg's muxer."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import lcm
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from av.video.stream import VideoStream

from omnireel.media.frames import SAMPLE_RATE, Frame, Samples
from omnireel.media.planes import PlaneMaker
from omnireel.media.x264 import Coding

_AUDIO_BITS = 160_000
_AUDIO_FRAME = 1024
_MOST_WAITING = 120 * SAMPLE_RATE
_COARSEST_CLOCK, _FINEST_CLOCK = 48_000, 1_000_000
_AVCOL_SPC_BT709 = 1


class Mp4Encoder:
    """Frames and samples in, packets out to a file. Must be finished or aborted."""

    def __init__(
        self, path: Path, *, width: int, height: int, fps: Fraction, audio: bool, coding: Coding, crf: int
    ) -> None:
        self._fps = fps
        self._pictures = self._encoded = 0
        self._planes = PlaneMaker(width, height)
        # bitexact: no dates and no version strings, so that the same frames give the same bytes.
        self._container = av.open(
            str(path),
            "w",
            format="mp4",
            options={
                "movflags": "+faststart",
                "fflags": "+bitexact",
                "movie_timescale": str(_movie_clock(fps)),
            },
        )
        self._video = self._add_video(width, height, coding, crf)
        self._audio = self._add_audio() if audio else None
        self._samples = 0
        self._waiting = np.empty((0, 2), np.float32)

    def picture(self, frame: Frame) -> VideoFrame:
        """A frame as the encoder takes it: a copy, so the caller may reuse its array."""
        picture = self._planes.picture(frame)
        picture.pts, picture.time_base = self._pictures, 1 / self._fps
        self._pictures += 1
        return picture

    def encode(self, picture: VideoFrame) -> None:
        """Add the next picture."""
        self._container.mux(self._video.encode(picture))
        self._encoded += 1
        self._release_audio()

    def encode_audio(self, samples: Samples) -> None:
        """Add the next samples. They wait until there are pictures for them."""
        if len(self._waiting) + len(samples) > _MOST_WAITING:
            raise ValueError(
                f"sound may be at most {_MOST_WAITING // SAMPLE_RATE} seconds ahead of the frames"
            )
        self._waiting = np.concatenate([self._waiting, samples])
        self._release_audio()

    def finish(self) -> None:
        """Make the sound as long as the pictures and complete the file."""
        self._container.mux(self._video.encode(None))
        if self._audio is not None:
            self._fit_audio()
            self._container.mux(self._audio.encode(None))
        self._container.close()

    def abort(self) -> None:
        """Let go of the file without completing it."""
        # Closing writes what is left, which a full disk refuses once more.
        with suppress(FFmpegError):
            self._container.close()

    def _add_video(self, width: int, height: int, coding: Coding, crf: int) -> VideoStream:
        stream = self._container.add_stream(
            "libx264",
            rate=self._fps,
            options={
                **coding.options,
                "crf": str(crf),
                "profile": "high",
                # Weighing where B-frames go costs a tenth of the time and saves a hundredth of the size.
                "b_strategy": "0",
            },
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.time_base = 1 / self._fps
        # x264's output depends on how many threads it has, and results must not depend on the machine.
        context.thread_count = 1
        context.gop_size = round(2 * self._fps)
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        context.colorspace, context.color_range = _AVCOL_SPC_BT709, ColorRange.MPEG
        return stream

    def _add_audio(self) -> AudioStream:
        stream = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        stream.codec_context.bit_rate = _AUDIO_BITS
        return stream

    def _due(self) -> int:
        """How many samples the pictures so far last."""
        return round(self._encoded / self._fps * SAMPLE_RATE)

    def _release_audio(self) -> None:
        while (
            self._audio and len(self._waiting) >= _AUDIO_FRAME and self._samples + _AUDIO_FRAME <= self._due()
        ):
            self._encode_audio_frame(self._audio, _AUDIO_FRAME)

    def _fit_audio(self) -> None:
        missing = max(0, self._due() - self._samples - len(self._waiting))
        self.encode_audio(np.zeros((missing, 2), np.float32))
        if self._audio is not None and (rest := self._due() - self._samples):
            self._encode_audio_frame(self._audio, rest)

    def _encode_audio_frame(self, stream: AudioStream, length: int) -> None:
        samples, self._waiting = self._waiting[:length], self._waiting[length:]
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
        self._samples += length
        self._container.mux(stream.encode(frame))


def _movie_clock(fps: Fraction) -> int:
    """Ticks per second in which both a frame and a sample are whole, where that is not absurdly fine."""
    exact = lcm(fps.numerator, _COARSEST_CLOCK)
    return exact if exact <= _FINEST_CLOCK else 90_000
