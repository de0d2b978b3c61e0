"""Make the pictures of the README and the docs with the product itself.

    python tools/make_gallery.py [--into docs/images] [--only styles|scenes]

`styles.jpg`: one moment of the demo's clip in every style. `scenes.jpg`: scenes made from prompts. Each is
cut from a finished clip that the studio engine made from a request as a caller would send it, seed 7.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from omnireel.director.direct import direct
from omnireel.engines.studio import StudioEngine
from omnireel.engines.studio.looks.plan import style_names
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import AspectRatio, Job, MediaKind, MediaRef, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

_MODEL = "kling/kling-video-o1"
_DEMO = Path(__file__).parents[1] / "src" / "omnireel" / "demo" / "pond.mp4"
_SOURCE = MediaRef(MediaKind.VIDEO, "blob:source")
_IN_WORDS = {
    "oil": "an oil painting",
    "paper": "a paper cut-out",
    "pixel": "pixel art",
    "spring": "spring blossom",
}
"""How to ask for a style whose name alone is also the name of a thing."""
_CELL = (400, 225)
_LABEL = 24
_COLUMNS = 4
_QUALITY = 88

_SCENES = (
    ("A dog running along the beach at golden hour, slow push-in", AspectRatio.WIDE),
    ("大雪中，一只狐狸走过森林", AspectRatio.WIDE),
    ("A red car drives through a rainy neon city at night", AspectRatio.WIDE),
    ("A whale swimming underwater", AspectRatio.WIDE),
    ("宇航员在月球上行走", AspectRatio.WIDE),
    ("A lighthouse above the harbour at dusk", AspectRatio.WIDE),
    ("A windmill in a meadow of flowers, morning", AspectRatio.WIDE),
    ("黄昏时分，湖面上漂着一只纸船", AspectRatio.WIDE),
    ("A rocket launches into deep space", AspectRatio.WIDE),
    ("Two cats playing in a garden, watercolor", AspectRatio.WIDE),
    ("A robot dancing on a stage, claymation", AspectRatio.WIDE),
    ("一匹马在草原上奔跑，水墨画风格", AspectRatio.WIDE),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the gallery's pictures.")
    parser.add_argument("--into", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", choices=("styles", "scenes"))
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    if arguments.only != "scenes":
        _write(_styles(), arguments.into / "styles.jpg")
    if arguments.only != "styles":
        _write(_scenes(), arguments.into / "scenes.jpg")


def _styles() -> list[Frame]:
    cells = [_cell(_moment(_DEMO), "source")]
    for name in style_names():
        request = VideoRequest(
            _MODEL,
            f"Restyle the video as {_IN_WORDS.get(name, name)}",
            videos=(_SOURCE,),
            mode=Mode.STD,
            duration=None,
            seed=7,
        )
        cells.append(_cell(_made(request), name))
    return cells


def _scenes() -> list[Frame]:
    return [
        _cell(_made(VideoRequest(_MODEL, prompt, mode=Mode.STD, aspect_ratio=aspect, seed=7)), "")
        for prompt, aspect in _SCENES
    ]


def _made(request: VideoRequest) -> Frame:
    with tempfile.TemporaryDirectory() as folder:
        run = RecordingRun(Path(folder), request.seed or 0, {_SOURCE: _DEMO})
        board = direct(request)
        if request.videos and not board.styles:
            raise ValueError(f"no style was understood in {request.prompt!r}")
        clip = StudioEngine(threads=2).generate(Job(request, board), run)
        return _moment(clip.path)


def _moment(path: Path) -> Frame:
    """A frame from two fifths of the way."""
    with VideoReader(path, "mp4") as reader:
        number = 2 * reader.frames // 5
        return next(islice(reader, number, None)).copy()


def _cell(frame: Frame, text: str) -> Frame:
    small = cast("Frame", cv2.resize(frame, _CELL, interpolation=cv2.INTER_AREA))
    if not text:
        return small
    strip = np.full((_LABEL, _CELL[0], 3), 255, np.uint8)
    cv2.putText(strip, text, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([small, strip])


def _write(cells: Sequence[Frame], path: Path) -> None:
    blank = np.full_like(cells[0], 255)
    padded = [*cells, *([blank] * (-len(cells) % _COLUMNS))]
    rows = [np.hstack(padded[start : start + _COLUMNS]) for start in range(0, len(padded), _COLUMNS)]
    cv2.imwrite(str(path), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    print(f"{path}: {len(cells)} pictures")


if __name__ == "__main__":
    main()
