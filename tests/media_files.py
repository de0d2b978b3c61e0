"""Real media files for tests, made on the spot: any size, rate, length, codec and container.

Every frame of a made video carries its number as eight black and white blocks along its upper edge, so a
test can tell which frame it got back: `frame_number(frame)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container.output import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

_BITS = 8
_CODECS = {".mp4": "libx264", ".mov": "libx264", ".webm": "libvpx"}
_SOUND_CODECS = {".mp4": "aac", ".mov": "aac", ".webm": "libopus"}
_FAST = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"preset": "13"},
}
Picture = NDArray[np.uint8]


def make_video(
    path: Path,
    *,
    width: int = 640,
    height: int = 360,
    fps: Fraction | int = 24,
    seconds: float = 3.0,
    audio: bool = False,
    codec: str | None = None,
    audio_codec: str | None = None,
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    stamps: Sequence[int] | None = None,
    gop: int = 48,
    movflags: str = "",
    aspect: Fraction = Fraction(1),
    videos: int = 1,
    pictures: Iterator[Picture] | None = None,
) -> Path:
    """Write a playable video; the container follows from the name: .mp4, .mov, .webm, .mkv, .avi.

    `rotation` is in degrees clockwise, `stamps` are times of the frames in milliseconds instead of an even
    rate, `aspect` is a pixel's width to its height, `videos` is the number of video tracks, `pictures`
    replaces the drawn ones (BGR, of the right size).
    Returns `path`.
    """
    rate = Fraction(fps)
    count = len(stamps) if stamps is not None else round(seconds * rate)
    times = (
        [Fraction(stamp, 1000) for stamp in stamps]
        if stamps is not None
        else [i / rate for i in range(count)]
    )
    name = codec or _CODECS[path.suffix]
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as container:
        streams = [_video_stream(container, name, rate, width, height, pix_fmt, gop) for _ in range(videos)]
        for stream in streams:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            streams[0].set_display_rotation(-rotation)
        sound = _sound_stream(container, audio_codec or _SOUND_CODECS[path.suffix]) if audio else None
        drawn = pictures if pictures is not None else draw(width, height, count)
        for time, picture in zip(times, drawn, strict=False):
            _encode_picture(container, streams, picture, time, exact=stamps is None)
        for stream in streams:
            container.mux(stream.encode(None))
        if sound is not None:
            _encode_tone(container, sound, seconds)
    return path


def make_image(
    path: Path, *, width: int = 640, height: int = 480, mode: str = "RGB", orientation: int | None = None
) -> Path:
    """Write a photograph-like .jpg, .png or .webp; `orientation` is the EXIF tag's value. Returns `path`."""
    image = Image.fromarray(np.ascontiguousarray(next(draw(width, height, 1))[..., ::-1])).convert(mode)
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    image.save(path, exif=exif)
    return path


def draw(width: int, height: int, count: int) -> Iterator[Picture]:
    """Numbered pictures: a still coloured ground, a disc that crosses it, the number along the upper edge."""
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    ground = np.stack([across / width * 200 + 20, down / height * 200 + 20, np.full_like(across, 90)], axis=2)
    for index in range(count):
        picture = ground.astype(np.uint8)
        middle = width * (0.2 + 0.6 * index / max(1, count - 1))
        picture[np.hypot(across - middle, down - height / 2) < height / 6] = (30, 60, 220)
        _number(picture, index)
        yield picture


def frame_number(frame: Picture) -> int:
    """The number drawn into a frame of a made video, modulo 256; survives scaling and compression."""
    height, width = frame.shape[:2]
    row = frame[height // 32].mean(axis=1)
    return sum(int(row[int(width * (bit + 0.5) / _BITS)] > 128) << bit for bit in range(_BITS))


def _number(picture: Picture, index: int) -> None:
    height, width = picture.shape[:2]
    for bit in range(_BITS):
        shade = 255 if index >> bit & 1 else 0
        picture[: height // 16, width * bit // _BITS : width * (bit + 1) // _BITS] = shade


def _video_stream(
    container: OutputContainer, codec: str, rate: Fraction, width: int, height: int, pix_fmt: str, gop: int
) -> VideoStream:
    stream = container.add_stream(codec, rate=rate, options=_FAST.get(codec, {}))
    if not isinstance(stream, VideoStream):
        raise TypeError(f"{codec} does not code video")
    stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
    stream.codec_context.gop_size = gop
    return stream


def _encode_picture(
    container: OutputContainer, streams: list[VideoStream], picture: Picture, time: Fraction, *, exact: bool
) -> None:
    for stream in streams:
        frame = VideoFrame.from_ndarray(picture, format="bgr24")
        base = 1 / Fraction(stream.codec_context.framerate) if exact else Fraction(1, 1000)
        if not exact:
            stream.codec_context.time_base = base
        frame.pts, frame.time_base = round(time / base), base
        container.mux(stream.encode(frame))


def _sound_stream(container: OutputContainer, codec: str) -> AudioStream:
    # FFmpeg calls its own Vorbis encoder experimental.
    stream = container.add_stream(codec, rate=48_000, layout="stereo", options={"strict": "experimental"})
    if not isinstance(stream, AudioStream):
        raise TypeError(f"{codec} does not code sound")
    return stream


def _encode_tone(container: OutputContainer, stream: AudioStream, seconds: float) -> None:
    """A tone of 440 Hz on the left and 880 Hz on the right."""
    moments = np.arange(round(seconds * 48_000)) / 48_000
    wave = 0.3 * np.sin(2 * np.pi * np.outer([440.0, 880.0], moments))
    for start in range(0, wave.shape[1], 960):
        block = np.ascontiguousarray(wave[:, start : start + 960], np.float32)
        frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
