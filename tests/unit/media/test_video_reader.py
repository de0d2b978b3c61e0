"""Real files of every accepted kind, read back frame by frame."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from tests.malformed_media import box
from tests.media_files import draw, frame_number, make_image, make_video

from omnireel.errors import InvalidMedia
from omnireel.media.colour import to_bgr
from omnireel.media.probe import measured, probe
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.models import MediaLimits


def numbers(reader: VideoReader) -> list[int]:
    return [frame_number(frame) for frame in reader]


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("clip.mp4", "libx264", "yuv420p"),
        ("clip.mov", "libx264", "yuv420p"),
        ("clip.mp4", "libx264", "yuv444p"),
        ("clip.mp4", "libx264", "yuv420p10le"),
        ("clip.mp4", "libx265", "yuv420p10le"),
        ("clip.webm", "libvpx", "yuv420p"),
        ("clip.webm", "libvpx-vp9", "yuv420p"),
    ],
)
def test_every_accepted_codec_gives_back_each_frame_once(
    tmp_path: Path, name: str, codec: str, pix_fmt: str
) -> None:
    path = make_video(tmp_path / name, width=320, height=180, codec=codec, pix_fmt=pix_fmt)

    with VideoReader(path, path.suffix[1:]) as reader:
        assert (reader.frames, reader.fps) == (72, Fraction(24))
        assert numbers(reader) == list(range(72))


@pytest.mark.parametrize("fps", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(25), Fraction(60)])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.webm"])
def test_the_sources_rate_and_length_are_kept_to_the_frame(tmp_path: Path, name: str, fps: Fraction) -> None:
    path = make_video(tmp_path / name, width=320, height=180, fps=fps, seconds=3.0)

    with VideoReader(path, path.suffix[1:]) as reader:
        assert (reader.facts.fps, reader.facts.frames) == (fps, round(3 * fps))
        assert numbers(reader) == [i % 256 for i in range(round(3 * fps))]


def test_frames_are_scaled_to_the_size_asked_for(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=640, height=360, seconds=0.5)

    with VideoReader(path, "mp4", (1280, 720)) as reader:
        frames = list(reader)
    assert {frame.shape for frame in frames} == {(720, 1280, 3)}
    assert {frame.dtype for frame in frames} == {np.dtype(np.uint8)}
    assert [frame_number(frame) for frame in frames] == list(range(12))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_phones_rotation_is_undone(tmp_path: Path, rotation: int) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, seconds=0.5, rotation=rotation)

    with VideoReader(path, "mp4") as reader:
        frame = list(reader)[5]
        assert reader.facts.rotation == rotation
    assert frame.shape[:2] == ((320, 180) if rotation % 180 else (180, 320))
    assert (sniff(path).width, sniff(path).height) == frame.shape[1::-1]
    # Turned back anticlockwise, the number is where it was drawn.
    assert frame_number(np.ascontiguousarray(np.rot90(frame, rotation // 90))) == 5


def test_a_rotated_video_can_be_scaled_too(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, seconds=0.5, rotation=90)

    with VideoReader(path, "mp4", (720, 1280)) as reader:
        assert next(iter(reader)).shape == (1280, 720, 3)


def test_a_varying_rate_becomes_constant_and_keeps_its_moments(tmp_path: Path) -> None:
    stamps = [i * 40 for i in range(50)] + [2000 + i * 100 for i in range(12)]
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, stamps=stamps)

    with VideoReader(path, "mp4", fps=Fraction(25)) as reader:
        found = numbers(reader)
    shown_by = [
        max(n for n, stamp in enumerate(stamps) if (stamp + 20) // 40 <= slot) for slot in range(len(found))
    ]
    assert found == shown_by
    assert abs(len(found) - 80) <= 2


def test_half_the_rate_takes_every_other_frame(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, fps=50, seconds=2.0)

    with VideoReader(path, "mp4", fps=Fraction(25)) as reader:
        found = numbers(reader)
    assert len(found) == 50
    assert all(0 <= number - 2 * i <= 1 for i, number in enumerate(found))


def test_twice_the_rate_shows_every_frame_twice(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, fps=12, seconds=2.0)

    with VideoReader(path, "mp4", fps=Fraction(24)) as reader:
        found = numbers(reader)
    assert sorted(found) == found
    assert len(found) == 48
    assert set(found) == set(range(24))


def test_more_than_60_frames_a_second_are_read_as_60(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, fps=120, seconds=1.0)

    with VideoReader(path, "mp4") as reader:
        assert reader.facts.fps == 120
        assert (reader.fps, reader.frames) == (Fraction(60), 60)
        assert len(numbers(reader)) == 60


def test_a_reader_can_be_read_twice_and_left_early(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, seconds=1.0)

    with VideoReader(path, "mp4") as reader:
        assert [frame_number(frame) for frame in islice(reader, 5)] == [0, 1, 2, 3, 4]
        assert numbers(reader) == list(range(24))


def test_a_fragmented_file_is_read_like_any_other(tmp_path: Path) -> None:
    path = make_video(
        tmp_path / "clip.mp4", width=320, height=180, audio=True, movflags="frag_keyframe+empty_moov"
    )

    with VideoReader(path, "mp4") as reader:
        assert numbers(reader) == list(range(72))


def test_odd_sizes_are_read(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=321, height=181, pix_fmt="yuv444p", seconds=0.5)

    with VideoReader(path, "mp4") as reader:
        assert next(iter(reader)).shape == (181, 321, 3)


@pytest.mark.parametrize(("gop", "count"), [(6, 6), (250, 6), (250, 1), (1, 12)])
def test_samples_are_small_and_spread_over_the_video(tmp_path: Path, gop: int, count: int) -> None:
    path = make_video(tmp_path / "clip.mp4", width=640, height=360, seconds=4.0, gop=gop)

    with VideoReader(path, "mp4") as reader:
        frames = reader.sample(count)
    found = [frame_number(frame) for frame in frames]
    assert len(found) == count
    assert max(frames[0].shape) == 320
    assert all(abs(number - (i + 0.5) * 96 / count) <= 96 / count for i, number in enumerate(found))


def test_sampling_does_not_disturb_reading(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, seconds=1.0)

    with VideoReader(path, "mp4") as reader:
        frames = iter(reader)
        assert [frame_number(next(frames)) for _ in range(3)] == [0, 1, 2]
        assert len(reader.sample(4)) == 4
        assert frame_number(next(frames)) == 3


def test_memory_holds_a_few_frames_never_the_clip(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=640, height=360, seconds=6.0)
    frame_bytes = 640 * 360 * 3

    with VideoReader(path, "mp4") as reader:
        tracemalloc.start()
        assert sum(1 for _ in reader) == 144
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 8 * frame_bytes


def test_a_few_damaged_packets_are_passed_over(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, gop=4)
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.pos]
    for place in places[20:23]:
        data[place + 4 : place + 40] = b"\xff" * 36
    path.write_bytes(data)

    with VideoReader(path, "mp4") as reader:
        found = numbers(reader)
    assert len(found) == 72
    assert found[:19] == list(range(19))
    assert found[-8:] == list(range(64, 72))


def test_a_file_of_rubble_is_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180)
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = bytes(i * 37 % 251 for i in range(end - start))
    path.write_bytes(data)

    with pytest.raises(InvalidMedia, match=r"damaged|decoded|no picture|cannot be read"):
        list(VideoReader(path, "mp4"))


def test_more_frames_than_the_limits_allow_are_refused_without_decoding_them(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=64, height=64, fps=60, seconds=3.0)
    limits = MediaLimits(video_max_seconds=1.0, video_max_fps=60.0)

    with pytest.raises(InvalidMedia, match="more than 120 frames"):
        probe(path, "mp4", limits)


def test_a_last_frame_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=64, height=64, stamps=[0, 40, 80, 86_400_000])

    with pytest.raises(InvalidMedia, match=r"runs 864\d\d(\.\d+)? seconds"):
        probe(path, "mp4")


def test_a_still_end_is_shown_as_long_as_it_lasts(tmp_path: Path) -> None:
    stamps = [*range(0, 1000, 40), 3000]
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, stamps=stamps)

    with VideoReader(path, "mp4", fps=Fraction(25)) as reader:
        found = numbers(reader)
    assert found[:75] == [min(i, 24) for i in range(75)]


def test_a_cover_picture_does_not_pass_for_the_video(tmp_path: Path) -> None:
    data = make_video(tmp_path / "plain.mp4", width=320, height=180, seconds=0.5).read_bytes()
    picture = make_image(tmp_path / "cover.jpg", width=400, height=300).read_bytes()
    cover = box(b"covr", box(b"data", b"\0\0\0\x0d\0\0\0\0", picture))
    handler = box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    extra = box(b"udta", box(b"meta", bytes(4), handler, box(b"ilst", cover)))
    place = data.index(b"moov") + 4
    inside = extra + data[place:]
    (tmp_path / "clip.mp4").write_bytes(data[: place - 8] + box(b"moov", inside))

    with VideoReader(tmp_path / "clip.mp4", "mp4") as reader:
        assert numbers(reader) == list(range(12))
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert len(container.streams.video) == 2


def test_larger_pictures_than_the_limits_allow_are_refused(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=640, height=360, seconds=0.5)

    with pytest.raises(InvalidMedia, match="at most 600 pixels a side, got 640x360"):
        probe(path, "mp4", MediaLimits(video_max_side=600))


def test_the_format_must_be_the_sniffed_one(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.webm", width=320, height=180, seconds=0.5)

    with pytest.raises(InvalidMedia, match="is webm, not mp4"):
        VideoReader(path, "mp4")


def test_measured_facts_can_be_held_against_the_limits_again(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=320, height=180, rotation=90)

    sniffed = measured(sniff(path), probe(path, "mp4"))

    assert (sniffed.width, sniffed.height, sniffed.duration, sniffed.fps) == (180, 320, 3.0, 24.0)


def test_probe_tells_what_is_inside(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.webm", width=320, height=180, audio=True)

    facts = probe(path, "webm")

    assert (facts.width, facts.height, facts.codec, facts.has_audio) == (320, 180, "vp8", True)
    assert (facts.fps, facts.frames, facts.duration, facts.rotation) == (Fraction(24), 72, 3.0, 0)


@pytest.mark.parametrize(("transfer", "white"), [(16, 580), (18, 721)])
def test_hdr_white_becomes_white_and_middle_grey_stays_between(transfer: int, white: int) -> None:
    planes = np.full((96, 64), 512, np.uint16)
    planes[:64] = np.repeat([64, (64 + white) // 2, white, white], 16)
    picture = VideoFrame.from_ndarray(planes, format="yuv420p10le")
    picture.color_trc, picture.color_primaries, picture.colorspace, picture.color_range = transfer, 9, 9, 1

    black, grey, bright = to_bgr(picture, VideoReformatter(), (64, 64), 0)[32, 8:56:16, 1].tolist()
    assert black == 0
    assert 20 < grey < 200
    assert bright > 225


def test_an_untagged_video_is_bt601_when_small_and_bt709_when_large() -> None:
    greens = []
    for width, height in ((640, 480), (1280, 720)):
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[height:] = 90
        picture = VideoFrame.from_ndarray(planes, format="yuv420p")
        greens.append(to_bgr(picture, VideoReformatter(), (width, height), 0)[10, 10, 1])
    # With Cb = Cr = 90: G = 1.164 * 112 + 38 * (0.392 + 0.813) in BT.601, + 38 * (0.213 + 0.533) in BT.709.
    assert abs(int(greens[0]) - 176) <= 2
    assert abs(int(greens[1]) - 159) <= 2


def test_the_same_file_gives_the_same_frames(tmp_path: Path) -> None:
    path = make_video(
        tmp_path / "clip.mp4", width=320, height=180, seconds=1.0, pictures=draw(320, 180, 24), gop=12
    )

    with VideoReader(path, "mp4", (480, 270)) as one, VideoReader(path, "mp4", (480, 270)) as other:
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
