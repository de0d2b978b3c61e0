"""Hundreds of damaged files through the decoders, in a child: taken or refused, never a crash."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.decode_child import verdicts
from tests.media_files import make_image, make_video

_EACH = 60
_NAMES = ("clip.mp4", "hevc.mp4", "clip.webm", "vp9.webm", "photo.jpg", "photo.png", "photo.webp")
_MARKS = (b"stsz", b"stco", b"stsc", b"ctts", b"elst", b"trak", b"avcC", b"mdat")


@pytest.mark.parametrize("name", _NAMES)
def test_damaged_files_are_decoded_or_refused_and_crash_nothing(tmp_path: Path, name: str) -> None:
    chance, folder = random.Random(name), tmp_path / "damaged"
    good = made(tmp_path / name).read_bytes()
    folder.mkdir()
    for index in range(_EACH):
        (folder / f"{index}{Path(name).suffix}").write_bytes(damaged(good, chance))

    found = verdicts(folder)

    assert len(found) == _EACH
    kinds = {verdict.partition(":")[0] for verdict in found.values() if ":" in verdict}
    assert kinds <= {"InvalidFormat", "InvalidMedia"}


def made(path: Path) -> Path:
    if path.suffix in {".jpg", ".png", ".webp"}:
        return make_image(path, width=320, height=240)
    codec = {"hevc.mp4": "libx265", "vp9.webm": "libvpx-vp9"}.get(path.name)
    return make_video(path, width=160, height=120, seconds=1.0, codec=codec, audio=True, gop=8)


def damaged(good: bytes, chance: random.Random) -> bytes:
    """Flipped bytes, a cut, a piece doubled, a piece left out, or a size field changed."""
    data = bytearray(good)
    place = chance.randrange(len(data))
    match chance.randrange(5):
        case 0:
            for _ in range(chance.randint(1, 40)):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 1:
            del data[place:]
        case 2:
            data[place:place] = data[chance.randrange(len(data)) :][: chance.randint(1, 5000)]
        case 3:
            del data[place : place + chance.randint(1, 500)]
        case _:
            mark = data.find(chance.choice(_MARKS))
            place = mark + chance.choice((-4, 4, 8, 12, 16)) if mark > 4 else place
            data[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", bytes(4), chance.randbytes(4)))
    return bytes(data) or b"\0"
