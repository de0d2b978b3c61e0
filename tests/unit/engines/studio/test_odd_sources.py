from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from tests.footage import repaint_job, run_on
from tests.media_files import make_video

from omnireel.engines.studio import StudioEngine
from omnireel.errors import OutOfRange
from omnireel.media.frames import Frame
from omnireel.media.limits import check_limits
from omnireel.media.probe import measured, probe
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.sound import read_audio
from omnireel.models import CameraMove, Clip, Edit, EditKind, Job, MediaLimits, Shot

EVERYTHING = (
    Edit(EditKind.STABILISE),
    Edit(EditKind.REVERSE),
    Edit(EditKind.SPEED, factor=0.5),
    Edit(EditKind.RECOLOUR, "car", "red", "blue"),
    Edit(EditKind.SKY, "sky", value="aurora"),
    Edit(EditKind.BLUR_BACKGROUND),
)


def everything(*, keep_sound: bool = False) -> Job:
    job = repaint_job(keep_sound=keep_sound)
    shot = Shot("all of it", camera=CameraMove.PUSH_IN)
    return Job(job.request, replace(job.storyboard, shots=(shot,), edits=EVERYTHING))


def made(source: Path, scratch: Path, *, keep_sound: bool = False) -> Clip:
    return StudioEngine().generate(everything(keep_sound=keep_sound), run_on(source, scratch))


def plain(count: int, level: int, size: tuple[int, int] = (640, 360)) -> Iterator[Frame]:
    return (np.full((size[1], size[0], 3), level, np.uint8) for _ in range(count))


def test_a_video_of_one_frame_gives_one(tmp_path: Path) -> None:
    source = make_video(tmp_path / "one.mp4", seconds=1 / 24)
    clip = made(source, tmp_path / "out")
    assert (clip.frames, probe(clip.path, "mp4").frames) == (1, 1)
    assert clip.poster.stat().st_size


@pytest.mark.parametrize("level", [0, 255])
def test_a_video_of_nothing_gives_nothing_of_the_same_length(tmp_path: Path, level: int) -> None:
    source = make_video(tmp_path / "plain.mp4", seconds=0.25, pictures=plain(6, level))
    assert made(source, tmp_path / "out").frames == 6


def test_a_varying_rate_keeps_its_length(tmp_path: Path) -> None:
    stamps = [0, 33, 66, 133, 166, 233, 266, 300]
    source = make_video(tmp_path / "varying.mp4", stamps=stamps)
    clip = made(source, tmp_path / "out")
    assert abs(clip.duration - probe(source, "mp4").duration) < 0.001


def test_a_phone_held_upright_gives_an_upright_clip(tmp_path: Path) -> None:
    source = make_video(tmp_path / "phone.mp4", seconds=0.2, rotation=90)
    clip = made(source, tmp_path / "out")
    assert (clip.width, clip.height) == (720, 1280)


def test_an_odd_size_becomes_an_even_one(tmp_path: Path) -> None:
    source = make_video(tmp_path / "odd.webm", width=641, height=363, seconds=0.2, codec="libvpx-vp9")
    clip = made(source, tmp_path / "out")
    assert clip.height == 720
    assert clip.width % 2 == 0
    assert abs(clip.width / clip.height - 641 / 363) < 0.01


def test_a_see_through_video_is_read_by_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "alpha.webm"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx-vp9", rate=24, options={"deadline": "realtime"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuva420p"
        for index in range(5):
            pixels = np.full((360, 640, 4), (30, 200, 60, 255), np.uint8)
            pixels[:, :320, 3] = 0
            frame = VideoFrame.from_ndarray(pixels, format="rgba").reformat(format="yuva420p")
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert sniff(path).format == "webm"
    with VideoReader(path, "webm") as reader:
        assert all(abs(int(frame[180, 600, 1]) - 200) < 12 for frame in reader)


def test_sixty_frames_a_second_stay_sixty(tmp_path: Path) -> None:
    source = make_video(tmp_path / "fast.mp4", fps=60, seconds=0.15)
    clip = made(source, tmp_path / "out")
    assert (clip.fps, clip.frames) == (Fraction(60), 9)


def test_woven_fields_are_made_whole_forwards_and_backwards(tmp_path: Path) -> None:
    path = tmp_path / "fields.mp4"
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "x264-params": "tff=1:interlaced=1", "flags": "+ilme+ildct"}
        stream = container.add_stream("libx264", rate=25, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(12):
            picture = np.full((360, 640, 3), 30, np.uint8)
            for field in (0, 1):
                left = 40 + 8 * (2 * index + field)
                picture[field::2, left : left + 90] = 220
            frame = VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with VideoReader(path, "mp4") as reader:
        frames, backwards = list(reader), list(reader.backwards())
    assert len(frames) == 12
    combed = [np.abs(np.diff(frame[..., 1].astype(int), axis=0)).mean() for frame in frames[2:10]]
    assert max(combed) < 0.5
    assert np.array_equal(frames[5], backwards[6])


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_high_dynamic_range_is_mapped_in_order_and_without_colour(tmp_path: Path, transfer: str) -> None:
    path = tmp_path / "hdr.mp4"
    with av.open(str(path), "w") as container:
        params = f"log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
        options = {"preset": "ultrafast", "x265-params": params}
        stream = container.add_stream("libx265", rate=24, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p10le"
        planes = np.full((540, 640), 512, np.uint16)
        planes[:360] = np.linspace(64, 940, 640).astype(np.uint16)
        for index in range(3):
            frame = VideoFrame.from_ndarray(planes, format="yuv420p10le")
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with VideoReader(path, "mp4") as reader:
        row = next(iter(reader))[180].astype(int)
    assert np.all(np.diff(row[::20, 1]) >= 0)
    assert np.ptp(row, axis=1).max() <= 6
    assert row[4, 1] < 12
    assert row[-4, 1] > 240
    # A white page, at 58 % of PQ, leaves room for what is brighter.
    assert row[378, 1] < 250


@pytest.mark.parametrize(("rate", "layout"), [(8_000, "mono"), (96_000, "stereo"), (48_000, "5.1")])
def test_any_sound_becomes_the_clips_own(tmp_path: Path, rate: int, layout: str) -> None:
    silent = make_video(tmp_path / "silent.mp4", seconds=0.5)
    source = _with_sound(silent, tmp_path / "noisy.mp4", rate, layout)
    clip = made(source, tmp_path / "out", keep_sound=True)
    sound = np.concatenate(list(read_audio(clip.path, "mp4")))
    assert clip.has_audio
    assert 0.02 < np.abs(sound).max() <= 1
    assert abs(len(sound) / 48_000 - 0.5) < 0.03


def _with_sound(silent: Path, path: Path, rate: int, layout: str) -> Path:
    """The pictures of a video with a tone of any rate and layout."""
    with av.open(str(silent)) as pictures, av.open(str(path), "w") as container:
        video = container.add_stream_from_template(pictures.streams.video[0])
        sound = container.add_stream("aac", rate=rate, layout=layout)
        assert isinstance(sound, AudioStream)
        for packet in pictures.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                container.mux(packet)
        channels = sound.codec_context.layout.nb_channels
        wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate)
        tone = np.tile(wave.astype(np.float32), (channels, 1))
        for start in range(0, tone.shape[1], 1024):
            block = np.ascontiguousarray(tone[:, start : start + 1024])
            frame = AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(("seconds", "taken"), [(3.0, True), (10.05, True), (2.9, False), (10.2, False)])
def test_three_to_just_over_ten_seconds_are_taken(tmp_path: Path, seconds: float, taken: bool) -> None:
    source = make_video(tmp_path / "long.mp4", seconds=seconds, fps=20)
    facts = measured(sniff(source), probe(source, "mp4"))
    if taken:
        check_limits(facts, MediaLimits())
        return
    with pytest.raises(OutOfRange, match="duration"):
        check_limits(facts, MediaLimits())
