"""What comes out of the writer, found by decoding it again."""

from __future__ import annotations

import hashlib
import resource
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media_files import draw, frame_number

from omnireel.errors import WorkerLost
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.sound import read_audio
from omnireel.media.writer import ClipWriter

WIDTH, HEIGHT = 320, 180


def write(
    path: Path,
    frames: int = 120,
    *,
    fps: Fraction = Fraction(24),
    tone: float | None = None,
    threads: int = 1,
) -> Path:
    """A numbered clip; `tone` is how many seconds of sound are handed over."""
    with ClipWriter(
        path, width=WIDTH, height=HEIGHT, fps=fps, audio=tone is not None, threads=threads
    ) as writer:
        for frame in draw(WIDTH, HEIGHT, frames):
            writer.write(frame)
        if tone is not None:
            moments = np.arange(round(tone * 48_000)) / 48_000
            wave = 0.4 * np.sin(2 * np.pi * 1000 * moments)
            writer.write_audio(np.stack([wave, wave], axis=1).astype(np.float32))
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_five_seconds_at_24_are_120_frames_in_order(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", 120)

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        numbers = [
            frame_number(np.asarray(picture.to_ndarray(format="bgr24"), np.uint8))
            for picture in container.decode(video=0)
        ]
        assert stream.frames == 120
        assert stream.time_base is not None
        assert stream.duration is not None
        assert stream.duration * stream.time_base == 5
        assert container.duration == 5_000_000
    assert numbers == list(range(120))


@pytest.mark.parametrize(
    "fps", [Fraction(30000, 1001), Fraction(25), Fraction(24000, 1001), Fraction(60), Fraction(49, 2)]
)
def test_the_rate_is_exact_and_constant(tmp_path: Path, fps: Fraction) -> None:
    path = write(tmp_path / "clip.mp4", 30, fps=fps)

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        stamps = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        assert [(stamp - stamps[0]) * stream.time_base for stamp in stamps] == [i / fps for i in range(30)]
        assert stream.average_rate == fps


def test_it_is_h264_high_420_tagged_bt709_limited(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", 10)

    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        assert tags == (1, 1, 1, 1)
        assert (context.width, context.height) == (WIDTH, HEIGHT)
    # The container says so too: primaries, transfer and matrix 1, range not full.
    assert b"colrnclx\x00\x01\x00\x01\x00\x01\x00" in path.read_bytes()


def test_the_index_comes_before_the_data(tmp_path: Path) -> None:
    data = write(tmp_path / "clip.mp4", 10).read_bytes()

    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_there_is_a_key_frame_at_least_every_two_seconds(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", 120)

    with av.open(str(path)) as container:
        keys = [i for i, packet in enumerate(container.demux(video=0)) if packet.is_keyframe]
    assert keys[0] == 0
    assert all(after - before <= 48 for before, after in zip(keys, [*keys[1:], 120], strict=True))


@pytest.mark.parametrize(
    "colour",
    [(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255), (0, 0, 0), (40, 160, 200), (128, 128, 128)],
)
def test_colours_survive_the_round_trip(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    path, frame = tmp_path / "clip.mp4", np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
    with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=Fraction(24)) as writer:
        for _ in range(3):
            writer.write(frame)

    with VideoReader(path, "mp4") as reader:
        back = next(iter(reader))[HEIGHT // 2, WIDTH // 2].astype(int)
    assert np.abs(back - colour).max() <= 4


def test_the_coded_numbers_are_those_of_bt709(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=Fraction(24)) as writer:
        writer.write(np.full((HEIGHT, WIDTH, 3), (0, 0, 255), np.uint8))

    with av.open(str(path)) as container:
        planes = next(container.decode(video=0)).to_ndarray()
    # ITU-R BT.709 red: Y = 16 + 219 * 0.2126, Cr = 240, Cb = 128 - 224 * 0.2126 / 1.8556.
    assert abs(int(planes[HEIGHT // 2, WIDTH // 2]) - 63) <= 1
    assert abs(int(planes[HEIGHT + 10, WIDTH // 4]) - 102) <= 2
    assert abs(int(planes[-10, WIDTH // 4]) - 240) <= 2


@pytest.mark.parametrize("handed_over", [0.0, 1.3, 5.0, 7.0])
def test_sound_is_exactly_as_long_as_the_frames(tmp_path: Path, handed_over: float) -> None:
    path = write(tmp_path / "clip.mp4", 120, tone=handed_over)

    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("aac", 48_000, 2)
        assert stream.time_base is not None
        assert stream.duration is not None
        assert stream.duration * stream.time_base == 5
        assert container.duration == 5_000_000


def test_sound_keeps_its_place_and_pitch(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.mp4", 48, tone=1.0)

    samples = np.concatenate(list(read_audio(path, "mp4")))
    loud = np.abs(samples[:, 0]) > 0.1
    assert np.argmax(np.abs(np.fft.rfft(samples[:48_000, 0]))) == 1000
    assert np.argmax(loud) < 480
    assert abs(len(loud) - np.argmax(loud[::-1]) - 48_000) < 480


def test_the_same_frames_give_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    digests = {
        digest(write(tmp_path / f"{i}.mp4", 60, tone=2.5, threads=threads))
        for i, threads in enumerate((1, 1, 2, 4))
    }

    assert len(digests) == 1


def test_a_frame_array_may_be_reused_after_writing(tmp_path: Path) -> None:
    paths = [tmp_path / "reused.mp4", tmp_path / "fresh.mp4"]
    canvas = np.empty((HEIGHT, WIDTH, 3), np.uint8)

    for path in paths:
        with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=Fraction(24), threads=2) as writer:
            for frame in draw(WIDTH, HEIGHT, 24):
                canvas[...] = frame
                writer.write(canvas if path.name == "reused.mp4" else frame)
    assert digest(paths[0]) == digest(paths[1])


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_leaves_no_file_behind(tmp_path: Path, threads: int) -> None:
    path = tmp_path / "clip.mp4"

    with pytest.raises(RuntimeError, match="engine"):
        write_and_fail(path, threads)
    assert list(tmp_path.iterdir()) == []


def write_and_fail(path: Path, threads: int) -> None:
    with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=Fraction(24), threads=threads) as writer:
        for frame in draw(WIDTH, HEIGHT, 20):
            writer.write(frame)
        raise RuntimeError("the engine gave up")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_disk_that_is_full_loses_the_attempt_not_the_request(tmp_path: Path, threads: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(WorkerLost, match="the clip cannot be written"):
            write_noise(tmp_path / "clip.mp4", threads)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def write_noise(path: Path, threads: int) -> None:
    noise = np.random.default_rng(1)
    with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=Fraction(24), threads=threads) as writer:
        for _ in range(200):
            writer.write(noise.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))


def test_nothing_stands_under_the_final_name_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"

    with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=Fraction(24)) as writer:
        for frame in draw(WIDTH, HEIGHT, 60):
            writer.write(frame)
        assert not path.exists()
    assert path.exists()
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_clip_without_frames_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="at least one frame"),
        ClipWriter(tmp_path / "clip.mp4", width=WIDTH, height=HEIGHT, fps=Fraction(24)),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((HEIGHT, WIDTH + 2, 3), np.uint8),
        np.zeros((HEIGHT, WIDTH, 4), np.uint8),
        np.zeros((HEIGHT, WIDTH, 3), np.float32),
    ],
)
def test_a_frame_of_another_shape_is_refused(tmp_path: Path, frame: Frame) -> None:
    with (
        pytest.raises(ValueError, match="a frame must be uint8"),
        ClipWriter(tmp_path / "clip.mp4", width=WIDTH, height=HEIGHT, fps=Fraction(24)) as writer,
    ):
        writer.write(frame)


@pytest.mark.parametrize(
    ("width", "height", "fps"), [(321, 180, 24), (320, 181, 24), (0, 180, 24), (320, 180, 0)]
)
def test_impossible_sizes_and_rates_are_refused(tmp_path: Path, width: int, height: int, fps: int) -> None:
    with pytest.raises(ValueError, match="must be"):
        ClipWriter(tmp_path / "clip.mp4", width=width, height=height, fps=Fraction(fps))


def test_sound_for_a_silent_clip_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="without sound"),
        ClipWriter(tmp_path / "clip.mp4", width=WIDTH, height=HEIGHT, fps=Fraction(24)) as writer,
    ):
        writer.write_audio(np.zeros((10, 2), np.float32))


def test_our_own_sniffer_takes_what_we_write(tmp_path: Path) -> None:
    sniffed = sniff(write(tmp_path / "clip.mp4", 72, tone=3.0))

    assert (sniffed.format, sniffed.width, sniffed.height) == ("mp4", WIDTH, HEIGHT)
    assert (sniffed.duration, sniffed.fps, sniffed.codecs) == (3.0, 24.0, ("h264", "aac"))
