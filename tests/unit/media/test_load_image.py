"""Picture files as frames, and posters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.malformed_media import png, real
from tests.media_files import draw, make_image

from omnireel.errors import InvalidMedia
from omnireel.media.image import load_image
from omnireel.media.poster import write_poster


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp"])
def test_each_format_becomes_a_blue_green_red_frame(tmp_path: Path, name: str) -> None:
    path = make_image(tmp_path / name, width=400, height=300)

    frame = load_image(path, path.suffix[1:])

    assert frame.shape == (300, 400, 3)
    assert frame.dtype == np.uint8
    assert frame.flags.c_contiguous
    drawn = next(draw(400, 300, 1)).astype(int)
    assert np.abs(frame.astype(int) - drawn).mean() < 4


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (8, 1), (3, 2), (6, 3)])
def test_a_phones_orientation_is_applied(tmp_path: Path, orientation: int, turns: int) -> None:
    upright = load_image(make_image(tmp_path / "plain.png", width=400, height=300), "png")
    path = make_image(tmp_path / "turned.png", width=400, height=300, orientation=orientation)

    # Tag 8 means: turn a quarter anticlockwise to see it upright; 6 the other way.
    assert np.array_equal(load_image(path, "png"), np.rot90(upright, turns))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_agree_with_pillows(tmp_path: Path, orientation: int) -> None:
    path = make_image(tmp_path / "turned.png", width=400, height=300, orientation=orientation)

    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))[..., ::-1]
    assert np.array_equal(load_image(path, "png"), expected)


def test_damaged_metadata_does_not_spoil_a_picture(tmp_path: Path) -> None:
    data = make_image(tmp_path / "photo.jpg", width=400, height=300, orientation=6).read_bytes()
    place = data.index(b"Exif\0\0") + 6
    (tmp_path / "odd.jpg").write_bytes(data[:place] + b"\xff" * 12 + data[place + 12 :])

    assert load_image(tmp_path / "odd.jpg", "jpg").shape == (300, 400, 3)


def test_the_servers_paths_are_not_in_the_message(tmp_path: Path) -> None:
    data = bytearray(real("photo.png"))
    data[8 + 25 :] = b"\0" * 40
    (tmp_path / "photo.png").write_bytes(data)

    with pytest.raises(InvalidMedia) as refusal:
        load_image(tmp_path / "photo.png", "png")
    assert str(tmp_path) not in str(refusal.value)


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (400, 300), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 200, 300))
    image.paste((0, 0, 0, 128), (300, 0, 400, 300))
    image.save(tmp_path / "glass.png")

    frame = load_image(tmp_path / "glass.png", "png")

    assert frame[10, 10].tolist() == [255, 0, 0]
    assert frame[10, 250].tolist() == [255, 255, 255]
    assert abs(int(frame[10, 350, 0]) - 127) <= 1


@pytest.mark.parametrize("mode", ["L", "P", "LA", "1"])
def test_other_pixel_layouts_are_converted(tmp_path: Path, mode: str) -> None:
    path = make_image(tmp_path / "photo.png", width=400, height=300, mode=mode)

    assert load_image(path, "png").shape == (300, 400, 3)


def test_a_print_jpeg_is_converted(tmp_path: Path) -> None:
    path = make_image(tmp_path / "photo.jpg", width=400, height=300, mode="CMYK")

    frame, drawn = load_image(path, "jpg").astype(int), next(draw(400, 300, 1)).astype(int)
    assert np.abs(frame - drawn).mean() < 8


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 65_535, 400).astype(np.uint16), (300, 1))
    Image.fromarray(ramp).save(tmp_path / "deep.png")

    frame = load_image(tmp_path / "deep.png", "png")

    assert (frame[0, 0, 0], frame[0, -1, 0]) == (0, 255)
    assert abs(int(frame[0, 200, 1]) - 127) <= 2


def test_of_an_animation_the_first_picture_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "blue")]
    for name in ("moving.png", "moving.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)

        frame = load_image(tmp_path / name, Path(name).suffix[1:])

        assert frame[5, 5].tolist() == [0, 0, 255]


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png(30_000, 30_000, 1))

    with pytest.raises(InvalidMedia, match="at most 40 million pixels, got 30000x30000"):
        load_image(tmp_path / "bomb.png", "png")


@pytest.mark.parametrize("share", [0.3, 0.9])
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp"])
def test_a_file_cut_short_is_refused(tmp_path: Path, name: str, share: float) -> None:
    data = real(name)
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])

    with pytest.raises(InvalidMedia, match=r"cannot be decoded|ends early"):
        load_image(tmp_path / name, Path(name).suffix[1:])


def test_the_format_must_be_the_sniffed_one(tmp_path: Path) -> None:
    path = make_image(tmp_path / "photo.png", width=400, height=300)

    with pytest.raises(InvalidMedia, match="is png, not jpg"):
        load_image(path, "jpg")


def test_a_poster_is_a_jpeg_without_metadata(tmp_path: Path) -> None:
    frame = next(draw(640, 360, 1))

    write_poster(frame, tmp_path / "poster.jpg")

    with Image.open(tmp_path / "poster.jpg") as image:
        assert (image.format, image.size, image.mode) == ("JPEG", (640, 360), "RGB")
        assert not image.getexif()
        assert "icc_profile" not in image.info
    back = load_image(tmp_path / "poster.jpg", "jpg")
    assert np.abs(back.astype(int) - frame.astype(int)).mean() < 3
    assert [file.name for file in tmp_path.iterdir()] == ["poster.jpg"]


def test_the_same_frame_gives_the_same_poster(tmp_path: Path) -> None:
    frame = next(draw(640, 360, 1))

    write_poster(frame, tmp_path / "one.jpg")
    write_poster(frame.copy(), tmp_path / "two.jpg")

    assert (tmp_path / "one.jpg").read_bytes() == (tmp_path / "two.jpg").read_bytes()


def test_the_senders_place_does_not_reach_the_poster(tmp_path: Path) -> None:
    image = Image.fromarray(np.ascontiguousarray(next(draw(400, 300, 1))[..., ::-1]))
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    image.save(tmp_path / "photo.jpg", exif=exif, comment=b"SECRET-COMMENT")

    write_poster(load_image(tmp_path / "photo.jpg", "jpg"), tmp_path / "poster.jpg")

    assert b"SECRET" in (tmp_path / "photo.jpg").read_bytes()
    assert b"SECRET" not in (tmp_path / "poster.jpg").read_bytes()
