"""Headers of real files, and of files that lie."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.malformed_media import box, patched, png, real
from tests.media_files import make_image, make_video

from omnireel.errors import InvalidFormat
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.models import MediaKind


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp"])
def test_images_tell_their_size(tmp_path: Path, name: str) -> None:
    path = make_image(tmp_path / name, width=640, height=480)

    sniffed = sniff(path)

    assert (sniffed.kind, sniffed.format) == (MediaKind.IMAGE, path.suffix[1:])
    assert (sniffed.width, sniffed.height, sniffed.size) == (640, 480, path.stat().st_size)
    assert (sniffed.duration, sniffed.fps, sniffed.has_audio) == (None, None, False)


def test_webp_comes_in_three_layouts(tmp_path: Path) -> None:
    picture = Image.new("RGB", (401, 307), "teal")
    picture.save(tmp_path / "lossy.webp")
    picture.save(tmp_path / "lossless.webp", lossless=True)
    picture.save(tmp_path / "extended.webp", exif=Image.Exif().tobytes(), lossless=False, icc_profile=b"x")

    marks = {path.stem: path.read_bytes()[12:16] for path in tmp_path.iterdir()}
    assert marks == {"lossy": b"VP8 ", "lossless": b"VP8L", "extended": b"VP8X"}
    for path in tmp_path.iterdir():
        assert (sniff(path).width, sniff(path).height) == (401, 307)


def test_a_jpegs_thumbnail_does_not_pass_for_its_size(tmp_path: Path) -> None:
    thumbnail = make_image(tmp_path / "thumbnail.jpg", width=160, height=120).read_bytes()
    data = make_image(tmp_path / "photo.jpg", width=1200, height=900).read_bytes()
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(thumbnail)) + thumbnail
    (tmp_path / "both.jpg").write_bytes(data[:2] + segment + data[2:])

    assert sniff(tmp_path / "both.jpg").width == 1200


def test_a_progressive_jpeg_tells_its_size(tmp_path: Path) -> None:
    Image.new("RGB", (500, 400)).save(tmp_path / "photo.jpg", progressive=True)

    assert (sniff(tmp_path / "photo.jpg").width, sniff(tmp_path / "photo.jpg").height) == (500, 400)


def test_an_animated_png_counts_as_its_first_picture(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])

    assert sniff(tmp_path / "moving.png", kind=MediaKind.IMAGE).width == 400


@pytest.mark.parametrize(
    ("name", "codec", "audio", "codecs"),
    [
        ("clip.mp4", "libx264", True, ("h264", "aac")),
        ("clip.mp4", "libx265", False, ("hevc",)),
        ("clip.mov", "libx264", True, ("h264", "aac")),
        ("clip.mp4", "libvpx-vp9", False, ("vp9",)),
        ("clip.webm", "libvpx", True, ("vp8", "opus")),
        ("clip.webm", "libvpx-vp9", False, ("vp9",)),
    ],
)
def test_videos_tell_size_length_rate_and_codecs(
    tmp_path: Path, name: str, codec: str, audio: bool, codecs: tuple[str, ...]
) -> None:
    path = make_video(tmp_path / name, width=400, height=360, seconds=3.0, codec=codec, audio=audio)

    sniffed = sniff(path)

    assert (sniffed.kind, sniffed.format) == (MediaKind.VIDEO, path.suffix[1:])
    assert (sniffed.width, sniffed.height, sniffed.codecs) == (400, 360, codecs)
    assert sniffed.duration == pytest.approx(3.0, abs=0.002)
    assert sniffed.fps == pytest.approx(24.0, abs=0.01)
    assert sniffed.has_audio is audio


@pytest.mark.parametrize(
    ("codec", "verdict"), [("libmp3lame", "mp3"), ("libopus", "opus"), ("aac", "aac"), ("pcm_s16le", "pcm")]
)
def test_sound_codecs_are_told_apart(tmp_path: Path, codec: str, verdict: str) -> None:
    name = "clip.mov" if codec.startswith("pcm") else "clip.mp4"
    path = make_video(tmp_path / name, seconds=0.5, audio=True, audio_codec=codec)

    assert sniff(path).codecs == ("h264", verdict)


@pytest.mark.parametrize("codec", ["ac3", "alac", "flac"])
def test_sound_codecs_outside_the_list_are_refused_by_name(tmp_path: Path, codec: str) -> None:
    path = make_video(tmp_path / "clip.mp4", seconds=0.5, audio=True, audio_codec=codec)

    with pytest.raises(InvalidFormat, match=r"sound is coded as .+; accepted are aac, mp3, opus"):
        sniff(path)


@pytest.mark.parametrize("movflags", ["", "+faststart", "frag_keyframe+empty_moov", "frag_keyframe"])
def test_the_index_may_lie_anywhere(tmp_path: Path, movflags: str) -> None:
    path = make_video(tmp_path / "clip.mp4", seconds=3.0, movflags=movflags)

    sniffed = sniff(path)

    assert sniffed.duration == pytest.approx(3.0)
    assert sniffed.fps == pytest.approx(24.0)


def test_64_bit_box_sizes_are_understood(tmp_path: Path) -> None:
    data = real("clip.mp4", movflags="+faststart")
    place = data.index(b"mdat") - 4
    # The muxer leaves an empty `free` box there for just this: eight bytes for the longer size.
    assert data[place - 4 : place] == b"free"
    body = data[place + 8 :]
    wide = data[: place - 8] + struct.pack(">I4sQ", 1, b"mdat", 16 + len(body)) + body
    (tmp_path / "clip.mp4").write_bytes(wide)

    assert sniff(tmp_path / "clip.mp4").duration == 3.0


def test_a_data_box_may_reach_to_the_end_of_the_file(tmp_path: Path) -> None:
    data = patched(real("clip.mp4", movflags="+faststart"), b"mdat", -8, bytes(4))
    (tmp_path / "clip.mp4").write_bytes(data)

    assert sniff(tmp_path / "clip.mp4").duration == 3.0


def test_junk_after_a_complete_file_is_forgiven(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(real("clip.mp4") + b"\xff\xfeSEFT" * 30)

    assert sniff(tmp_path / "clip.mp4").duration == 3.0


def test_old_quicktime_files_without_a_brand_are_mov(tmp_path: Path) -> None:
    data = real("clip.mov")
    first = struct.unpack(">I", data[:4])[0]
    (tmp_path / "clip.mov").write_bytes(data.replace(data[:first], box(b"wide", bytes(first - 8))))

    assert sniff(tmp_path / "clip.mov").format == "mov"


def test_an_edit_that_shows_less_shortens_the_video(tmp_path: Path) -> None:
    data = patched(real("clip.mp4"), b"elst", 8, struct.pack(">I", 1500))
    (tmp_path / "clip.mp4").write_bytes(data)

    assert sniff(tmp_path / "clip.mp4").duration == 1.5


def test_a_fraction_of_a_rate_is_kept(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", fps=Fraction(30000, 1001), seconds=3.0)

    assert sniff(path).fps == pytest.approx(30000 / 1001, rel=1e-6)


def test_a_recording_without_a_length_in_its_header_is_measured(tmp_path: Path) -> None:
    data = real("clip.webm")
    # Duration (0x4489, eight bytes) becomes Void: as browsers' recorders leave it.
    place = data.index(b"\x44\x89\x88")
    (tmp_path / "clip.webm").write_bytes(data[:place] + b"\xec\x89" + bytes(9) + data[place + 11 :])

    assert sniff(tmp_path / "clip.webm").duration == pytest.approx(3.0, abs=0.002)


def test_a_live_recording_with_open_sizes_is_read(tmp_path: Path) -> None:
    data = real("clip.webm")
    for mark in (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"):
        place = data.index(mark) + 4
        width = 9 - data[place].bit_length()
        unknown = ((2 << 7 * width) - 1).to_bytes(width, "big")
        data = data[:place] + unknown + data[place + width :]
    (tmp_path / "clip.webm").write_bytes(data)

    assert sniff(tmp_path / "clip.webm").duration == pytest.approx(3.0, abs=0.002)


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    path = make_video(tmp_path / "clip.mp4", width=400, height=360, seconds=0.5, aspect=Fraction(4, 3))

    assert (sniff(path).width, sniff(path).height) == (533, 360)
    with VideoReader(path, "mp4") as reader:
        assert next(iter(reader)).shape == (360, 533, 3)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("clip.mp4", MediaKind.IMAGE, "the file is an MP4 video; accepted images are JPEG, PNG and WebP"),
        ("photo.png", MediaKind.VIDEO, "the file is a PNG image; accepted videos are MP4, MOV and WebM"),
    ],
)
def test_the_wrong_kind_is_named(tmp_path: Path, name: str, kind: MediaKind, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(real("clip.mp4") if name == "clip.mp4" else png(400, 400, 400))

    with pytest.raises(InvalidFormat, match=message):
        sniff(path, kind=kind)


def test_the_suffix_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "clip.jpg").write_bytes(real("clip.webm"))

    assert sniff(tmp_path / "clip.jpg").format == "webm"


def test_a_large_file_is_hardly_read(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    index = real("clip.mp4")
    with path.open("wb") as file:
        file.write(index)
        file.write(struct.pack(">I4sQ", 1, b"free", 4_000_000_000))
        file.truncate(len(index) + 4_000_000_000)

    assert sniff(path).duration == 3.0


STARTS = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\x40\x00\x00\x00WEBPVP8 ",
    b"\x1a\x45\xdf\xa3",
    box(b"ftyp", b"isom\0\0\2\0"),
    box(b"ftyp", b"isom\0\0\2\0") + b"\0\0\1\0moov\0\0\0\x80trak",
    b"",
)


@settings(max_examples=600, deadline=None)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400))
def test_noise_is_refused_and_never_crashes_the_parser(
    tmp_path_factory: pytest.TempPathFactory, start: bytes, rest: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(start + rest)

    accepts_or_refuses(path)


@pytest.mark.parametrize(
    "name", ["clip.mp4", "clip.mov", "clip.webm", "photo.jpg", "photo.png", "photo.webp"]
)
def test_mutated_headers_are_taken_or_refused_and_nothing_else(tmp_path: Path, name: str) -> None:
    chance = random.Random(name)
    good = bytearray(real(name, movflags="+faststart") if "clip.m" in name else real(name))
    for _ in range(400):
        data = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(min(len(data), 1600))
            data[place : place + chance.choice((1, 2, 4))] = chance.choice(
                (b"\0", b"\xff", b"\xff\xff\xff\xff", chance.randbytes(4), b"")
            )
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) + 1 :]
        (tmp_path / name).write_bytes(data)

        accepts_or_refuses(tmp_path / name)


def accepts_or_refuses(path: Path) -> None:
    try:
        sniffed = sniff(path)
    except InvalidFormat as error:
        assert str(error)  # noqa: PT017
    else:
        assert sniffed.width > 0
        assert sniffed.height > 0
