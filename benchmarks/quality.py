"""How good the looks are: every style and every peer over the same frames, in one run.

    python -m benchmarks.quality [VIDEO …] [--frames 16] [--style clay …] [--sheet sheet.jpg]

Without a video it takes the demo's own clip. Numbers are means over the clips. Motion and structure alone are
won by doing nothing, so a way of restyling counts only when palette and texture change enough (`strong`).
Weather and the weave of old film are meant to move, so they are switched off while measuring.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from benchmarks.comparison import Scores, Source, identified, look_of
from benchmarks.peers import Peer, gmic_peers, opencv_peers

from omnireel.engines.studio.looks.plan import plan_looks, style_names, through
from omnireel.engines.studio.tracker import tracked
from omnireel.media.canvas import canvas_like
from omnireel.media.frames import Frame
from omnireel.media.reader import VideoReader
from omnireel.models import JobKind, Mode, Shot, Storyboard, TimeOfDay, Weather

_DEMO = Path(__file__).parents[1] / "src" / "omnireel" / "demo" / "pond.mp4"
_WARM_UP = 4
_LEAST_PALETTE, _LEAST_TEXTURE = 4.0, 1.3
_DOZEN = (
    "clay", "watercolor", "oil", "pencil", "anime", "comic",
    "pixel", "noir", "rain", "snow", "sci-fi", "vintage",
)  # fmt: skip
"""The styles of the identification table."""
_LIVELY = ("rain", "snow", "vintage")
"""Those of them in which something falls or weaves: it belongs to what they are told by."""
_SHEET_WIDTH = 320


def main() -> None:
    arguments = _arguments()
    cv2.setNumThreads(1)
    ways = dict(_ways(arguments.style, gmic=arguments.gmic))
    table: dict[str, dict[str, tuple[Scores, float]]] = {name: {} for name in ways}
    sheet = []
    for clip in arguments.video:
        frames, samples = _frames(clip, arguments.frames + _WARM_UP)
        source = Source(frames[_WARM_UP:])
        shown = [_labelled(frames[-1], "source")]
        for name, make in ways.items():
            scores, cost, last = _measured(source, make, frames, samples)
            if name in _LIVELY:
                lively = _restyled(name, frames, samples, still=False)[_WARM_UP:]
                scores = replace(scores, look=look_of(lively))
            table[name][clip.name] = scores, cost
            shown.append(_labelled(last, name))
        sheet.append(shown)
    _print(table)
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), _tiled(sheet))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what the looks do to videos.")
    parser.add_argument("video", nargs="*", type=Path, help="MP4 files")
    parser.add_argument("--frames", type=int, default=16, help="frames of each clip (default 16)")
    parser.add_argument("--style", action="append", help="a style name; may be given several times")
    parser.add_argument("--gmic", action="store_true", help="G'MIC's filters too: seconds a frame")
    parser.add_argument("--sheet", type=Path, help="write a picture of every result here")
    arguments = parser.parse_args()
    arguments.video = arguments.video or [_DEMO]
    return arguments


def _ways(
    styles: Sequence[str] | None, *, gmic: bool
) -> Iterator[tuple[str, Callable[[Sequence[Frame], Sequence[Frame]], list[Frame]]]]:
    """Our styles by name, then every peer at hand."""
    hours, weathers = (hour.value for hour in TimeOfDay), (weather.value for weather in Weather)
    for style in styles or (*style_names(), *hours, *weathers):
        yield style, partial(_restyled, style)
    if not styles:
        for peer in (*opencv_peers(), *(gmic_peers() if gmic else ())):
            yield f"({peer.name})", _theirs(peer)


def _restyled(
    style: str, frames: Sequence[Frame], samples: Sequence[Frame], *, still: bool = True
) -> list[Frame]:
    size = frames[0].shape[1], frames[0].shape[0]
    plan = plan_looks(_board(style), samples, size, 24.0, 7, still=still)
    return [moment.frame for moment in through(plan.looks, tracked(frames, size), threads=1)]


def _board(name: str) -> Storyboard:
    """A storyboard for a style, or for an hour or a weather by its name."""
    if name in set(TimeOfDay):
        return Storyboard(JobKind.EDIT, (Shot("", time_of_day=TimeOfDay(name)),))
    if name in set(Weather):
        return Storyboard(JobKind.EDIT, (Shot("", weather=Weather(name)),))
    return Storyboard(JobKind.EDIT, (Shot(""),), (name,))


def _theirs(peer: Peer) -> Callable[[Sequence[Frame], Sequence[Frame]], list[Frame]]:
    return lambda frames, _: [peer.apply(frame) for frame in frames]


def _frames(path: Path, count: int) -> tuple[list[Frame], list[Frame]]:
    """The middle frames of a clip at 720p, and samples of all of it."""
    with VideoReader(path, "mp4") as reader:
        size = canvas_like(reader.facts.width, reader.facts.height, Mode.STD)
        total = reader.frames
    with VideoReader(path, "mp4", size) as reader:
        samples = reader.sample(6)
        start = max(0, min(total // 3, total - count))
        return [frame.copy() for frame in islice(reader, start, start + count)], samples


def _measured(
    source: Source,
    make: Callable[[Sequence[Frame], Sequence[Frame]], list[Frame]],
    frames: Sequence[Frame],
    samples: Sequence[Frame],
) -> tuple[Scores, float, Frame]:
    make(frames[:2], samples)
    mark = time.process_time()
    results = make(frames, samples)
    cost = (time.process_time() - mark) / len(frames) * 1e3
    return source.compared(results[_WARM_UP:]), cost, results[-1]


def _print(table: dict[str, dict[str, tuple[Scores, float]]]) -> None:
    print(
        f"{'':28}{'CPU ms':>8}{'motion':>8}{'corr':>7}{'jitter':>8}{'edges':>7}{'struct':>8}"
        f"{'palette':>9}{'texture':>9}  strong"
    )
    for name, clips in table.items():
        scores = [scores for scores, _ in clips.values()]
        cost = float(np.mean([cost for _, cost in clips.values()]))
        row = [
            float(np.mean([getattr(score, field) for score in scores]))
            for field in (
                "motion_error",
                "motion_correlation",
                "jitter",
                "edges",
                "structure",
                "palette",
                "texture",
            )
        ]
        strong = "yes" if row[5] >= _LEAST_PALETTE and row[6] >= _LEAST_TEXTURE else "no"
        print(
            f"{name:28}{cost:8.0f}{row[0]:8.2f}{row[1]:7.2f}{row[2]:8.2f}{row[3]:7.2f}{row[4]:8.2f}"
            f"{row[5]:9.1f}{row[6]:9.2f}  {strong}"
        )
    _print_identification(table)


def _print_identification(table: dict[str, dict[str, tuple[Scores, float]]]) -> None:
    looks = {
        name: {clip: scores.look for clip, (scores, _) in clips.items()}
        for name, clips in table.items()
        if not name.startswith("(")
    }
    if len(next(iter(looks.values()))) < 2:
        print("identification needs two clips or more")
        return
    print("told apart: {} of {} (all our styles)".format(*identified(looks)))
    dozen = {name: looks[name] for name in _DOZEN if name in looks}
    if len(dozen) > 1:
        print("told apart: {} of {} (the dozen)".format(*identified(dozen)))


def _labelled(frame: Frame, text: str) -> Frame:
    size = _SHEET_WIDTH, _SHEET_WIDTH * frame.shape[0] // frame.shape[1]
    small = cast("Frame", cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(small, text, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thick, cv2.LINE_AA)
    return small


def _tiled(rows: Sequence[Sequence[Frame]]) -> Frame:
    """One column a clip, one row a way."""
    columns = [np.vstack(list(column)) for column in rows]
    tallest = max(column.shape[0] for column in columns)
    padded = [
        cv2.copyMakeBorder(column, 0, tallest - column.shape[0], 0, 0, cv2.BORDER_CONSTANT)
        for column in columns
    ]
    return np.asarray(np.hstack(padded), np.uint8)


if __name__ == "__main__":
    main()
