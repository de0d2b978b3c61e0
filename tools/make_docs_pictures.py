"""Make the before-and-after pictures of the documentation with the product itself.

    python tools/make_docs_pictures.py [--into docs/images/jobs] [--only NAME …]

Starts a real server, sends it one request after the other as a caller would, seed 7 and `std`, and lays what
went in above what came out. Inputs are the demo's clip and stills of scenes that the server made before.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np

from omnireel import Client
from omnireel.cli.child_server import child_server
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader

DEMO: Final = Path(__file__).parents[1] / "src" / "omnireel" / "demo" / "pond.mp4"
_MOMENTS: Final = 4
_HEIGHT: Final = 158
"""Pixels of a row."""
_GAP: Final = 6
_PAPER: Final = 255
LARGEST: Final = 150 * 1024
"""Bytes of a finished picture."""


@dataclass(frozen=True)
class Picture:
    """A request whose result is shown. `images` name scenes below, or are taken from them."""

    name: str
    prompt: str
    images: tuple[str, ...] = ()
    on_the_clip: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


_SCENES: Final = {
    "harbour": "A lighthouse above the harbour at dusk",
    "meadow": "A windmill in a meadow of flowers, morning",
    "night": "A windmill in a meadow of flowers, night, stars",
    "boat": "A paper boat on a lake",
}

PICTURES: Final = (
    Picture("words", "A red fox walks through falling snow, slow push in"),
    Picture("lettering", 'A city street at night in the rain with a neon sign that says "OPEN LATE"'),
    Picture(
        "shots",
        "A whale swims underwater, then a lighthouse on a stormy coast, then a rocket launches",
        options={"multi_shot": True, "duration": 10},
    ),
    Picture("tall", "A hot air balloon over the mountains at dawn", options={"aspect_ratio": "9:16"}),
    Picture("picture", "The camera pushes in slowly, the water moves", images=("harbour",)),
    Picture(
        "first-last",
        "From @Image1 to @Image2",
        images=("meadow", "night"),
        options={"image_types": ["first_frame", "last_frame"]},
    ),
    Picture(
        "film",
        "Show first @Image1, then @Image2, then @Image3, with crossfades",
        images=("harbour", "meadow", "boat"),
    ),
    Picture("clay", "Restyle the source video into a clay-animation look", on_the_clip=True),
    Picture("stacked", "Turn this into an oil painting at golden hour", on_the_clip=True),
    Picture("invented", "As if carved from marble", on_the_clip=True),
    Picture("splash", "Black and white except the yellow ducks", on_the_clip=True),
    Picture("season", "Make it autumn, in the fog", on_the_clip=True),
    Picture("reframed", "An ink wash painting", on_the_clip=True, options={"aspect_ratio": "1:1"}),
    Picture("borrowed", "In the style of @Image1", images=("night",), on_the_clip=True),
    Picture(
        "reference",
        "A sailing ship on the sea at golden hour",
        on_the_clip=True,
        options={"video_type": "reference"},
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the documentation's before-and-after pictures.")
    parser.add_argument("--into", type=Path, default=Path("docs/images/jobs"))
    parser.add_argument("--only", nargs="*", metavar="NAME")
    parser.add_argument("--keep", type=Path, help="A folder where the videos stay.")
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = arguments.keep or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        with child_server(work / "data", work / "server.log", print) as address:
            key = (work / "data" / "first-key").read_text(encoding="ascii").strip()
            with Client(address, key) as client:
                studio = Studio(client, work)
                for picture in PICTURES:
                    if not arguments.only or picture.name in arguments.only:
                        _write(studio.shown(picture), arguments.into / f"{picture.name}.jpg")


class Studio:
    """A server's client that remembers the scenes it has had made."""

    def __init__(self, client: Client, work: Path) -> None:
        self._client = client
        self._work = work
        self._stills: dict[str, Path] = {}

    def shown(self, picture: Picture) -> list[list[Frame]]:
        """Two rows of frames, or one when nothing went in."""
        stills = [self._still(name) for name in picture.images]
        made = self._made(
            picture.name,
            picture.prompt,
            images=stills,
            video=DEMO if picture.on_the_clip else None,
            **picture.options,
        )
        before = [_read(path) for path in stills]
        if picture.on_the_clip:
            before = _moments(DEMO)[: _MOMENTS - len(stills)] + before
        return [row for row in (before, _moments(made)) if row]

    def _still(self, name: str) -> Path:
        if name not in self._stills:
            made = self._made(name, _SCENES[name])
            still = self._work / f"{name}.png"
            cv2.imwrite(str(still), _moments(made)[1])
            self._stills[name] = still
        return self._stills[name]

    def _made(self, name: str, prompt: str, **options: Any) -> Path:
        result = self._client.videos.create_and_wait(prompt, mode="std", seed=7, **options)
        print(name, *result.warnings, sep="\n    ")
        return result.download(self._work / f"{name}.mp4")


def _moments(path: Path) -> list[Frame]:
    """Frames from the middle of each of equal parts."""
    with VideoReader(path, "mp4") as reader:
        wanted = {(2 * part + 1) * reader.frames // (2 * _MOMENTS) for part in range(_MOMENTS)}
        return [frame.copy() for number, frame in enumerate(reader) if number in wanted]


def _read(path: Path) -> Frame:
    return cast("Frame", cv2.imread(str(path)))


def _write(rows: Sequence[Sequence[Frame]], path: Path) -> None:
    """One JPEG, of the best quality that fits."""
    strips = [_strip(row) for row in rows]
    width = max(strip.shape[1] for strip in strips)
    sheet = np.vstack([_widened(strip, width) for strip in strips])
    for quality in range(90, 40, -5):
        done, encoded = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and encoded.size <= LARGEST:
            path.write_bytes(encoded.tobytes())
            print(f"{path}: {encoded.size // 1024} KiB, quality {quality}")
            return
    raise ValueError(f"{path} does not fit into {LARGEST} bytes")


def _strip(frames: Sequence[Frame]) -> Frame:
    cells = [_cell(frame) for frame in frames]
    return np.hstack([part for cell in cells for part in (cell, _gap(cell.shape[0], _GAP))][:-1])


def _cell(frame: Frame) -> Frame:
    height, width = frame.shape[:2]
    size = (round(width * _HEIGHT / height), _HEIGHT)
    return cast("Frame", cv2.resize(frame, size, interpolation=cv2.INTER_AREA))


def _widened(strip: Frame, width: int) -> Frame:
    wide = np.hstack([strip, _gap(strip.shape[0], width - strip.shape[1])])
    return np.vstack([wide, _gap(_GAP, width)])


def _gap(height: int, width: int) -> Frame:
    return np.full((height, width, 3), _PAPER, np.uint8)


if __name__ == "__main__":
    main()
