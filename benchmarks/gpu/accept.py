"""Makes a fixed set of clips with real weights, and one sheet to judge them by.

    python -m benchmarks.gpu.accept PROFILE [--folder FOLDER] [--video VIDEO] [--picture PICTURE]
        [--mode std|pro] [--frames 81] [--device auto] [--accept-licence] [--out acceptance]

Whether the picture is right only a person can say, and only with the weights: run this once after a model was
pulled or its libraries were changed. `sheet.png` shows moments of every clip under what was asked for, edits
beneath their source, and the line above each says what must be seen. The clips lie beside it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from itertools import groupby, islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from omnireel.engines.diffusers.call import Call, Conditioning, LoadedModel
from omnireel.engines.diffusers.guards import EDITS, WITH_REFERENCES
from omnireel.engines.diffusers.loading import load
from omnireel.engines.diffusers.options import MODELS_FOLDER, DiffusersOptions
from omnireel.engines.link import Array
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.writer import ClipWriter
from omnireel.models import Mode

SEED = 42
MOMENTS = 6
CELL = 240
"""Pixels, the width of a moment on the sheet."""
LINE = 22


@dataclass(frozen=True)
class Case:
    """One clip, and what a person must see in it."""

    name: str
    conditioning: Conditioning
    prompt: str
    look_for: str


CASES = (
    Case(
        "fox", Conditioning.TEXT, "A red fox walks through falling snow, slow push in",
        "a fox, snow that falls, one smooth move of the camera",
    ),
    Case(
        "portrait", Conditioning.TEXT, "Close-up of an old fisherman laughing at dusk in a harbour",
        "a face that stays the same face, two eyes, teeth and hands as people have them",
    ),
    Case(
        "subject", Conditioning.REFERENCES, "The first reference image's subject by a lighthouse at sunset",
        "the picture's subject, recognisable, in another place",
    ),
    Case(
        "clay", Conditioning.EDIT, "Restyle the video into a clay animation, keeping every movement",
        "clay; shapes and movements in the source's places, frame by frame",
    ),
    Case(
        "winter", Conditioning.EDIT, "Make it winter: snow on the ground, ice at the edges of the water",
        "snow and ice; what the prompt does not name is as in the source",
    ),
    Case(
        "swap", Conditioning.EDIT_WITH_REFERENCES, "Replace the main subject with the first reference image",
        "the picture's subject moving as the source's did; the rest as in the source",
    ),
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    options = DiffusersOptions(
        profile=asked.profile,
        folder=asked.folder,
        device=asked.device,
        accept_licence=asked.accept_licence,
    )
    asked.out.mkdir(parents=True, exist_ok=True)
    rows = list(_rows(options, asked))
    sheet(rows).save(asked.out / "sheet.png")
    print(asked.out / "sheet.png")
    return 0


def _rows(options: DiffusersOptions, asked: argparse.Namespace) -> Iterator[tuple[str, Array]]:
    """Lines of text with frames to go under them."""
    profile = options.model
    for weights, cases in groupby(CASES, key=lambda case: profile.weights_for(case.conditioning)):
        if weights is None:
            names = ", ".join(case.name for case in cases)
            print(f"{profile.title} cannot do {names}", file=sys.stderr)
            continue
        group = list(cases)
        model = load(profile, group[0].conditioning, options, threads=asked.threads)
        with closing(model):
            for case in group:
                yield from _made(model, case, options, asked)


def _made(
    model: LoadedModel, case: Case, options: DiffusersOptions, asked: argparse.Namespace
) -> Iterator[tuple[str, Array]]:
    call = _call(options, case, Mode(asked.mode), asked.frames)
    arrays = _arrays(call, asked.video, asked.picture)
    began = time.monotonic()
    frames = model.generate(call, arrays, lambda share, note: None).frames
    print(f"{case.name}: {time.monotonic() - began:.1f} s", file=sys.stderr)
    _write(asked.out / f"{case.name}.mp4", frames, call.fps)
    if "source" in arrays:
        yield f"{case.name}, its source", arrays["source"]
    yield f"{case.name}: {case.prompt} | look for: {case.look_for}", frames


def _call(options: DiffusersOptions, case: Case, mode: Mode, frames: int | None) -> Call:
    profile = options.model
    pace = profile.pace(mode)
    return Call(
        conditioning=case.conditioning,
        prompt=case.prompt,
        negative_prompt=profile.negative_prompt,
        width=pace.width,
        height=pace.height,
        frames=profile.legal_frames(frames or profile.longest),
        fps=profile.fps,
        steps=pace.steps,
        guidance=pace.guidance,
        guidance_low=pace.guidance_low,
        shift=pace.shift,
        seed=SEED,
        references=int(case.conditioning in WITH_REFERENCES),
    )


def _arrays(call: Call, video: Path, picture: Path | None) -> Mapping[str, Array]:
    arrays: dict[str, Array] = {}
    if call.conditioning in EDITS:
        arrays["source"] = _frames(video, call, call.frames)
    if call.references:
        arrays["reference_1"] = _picture(picture) if picture else _middle(_frames(video, call, 1)[0])
    return arrays


def _frames(path: Path, call: Call, count: int) -> Array:
    """RGB frames of the clip's size and rate; a video that is shorter ends on its last."""
    size = (call.width, call.height)
    with VideoReader(path, sniff(path).format, size, Fraction(call.fps)) as reader:
        frames = [frame[..., ::-1] for frame in islice(reader, count)]
    return np.stack(frames + [frames[-1]] * (count - len(frames)))


def _picture(path: Path) -> Array:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def _middle(frame: Array) -> Array:
    """The middle half of a frame, where a subject is likely to be."""
    height, width = frame.shape[:2]
    return frame[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]


def _write(path: Path, frames: Array, fps: int) -> None:
    height, width = frames.shape[1:3]
    with ClipWriter(path, width=width, height=height, fps=Fraction(fps)) as writer:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[..., ::-1]))


def sheet(rows: Sequence[tuple[str, Array]]) -> Image.Image:
    """Moments of every row's frames, evenly apart, under its line of text."""
    heights = [LINE + CELL * frames.shape[1] // frames.shape[2] for _, frames in rows]
    paper = Image.new("RGB", (CELL * MOMENTS, sum(heights)), "white")
    pen, top = ImageDraw.Draw(paper), 0
    for (text, frames), height in zip(rows, heights, strict=True):
        pen.text((4, top + 4), text, fill="black")
        for column, at in enumerate(np.linspace(0, len(frames) - 1, MOMENTS).round().astype(int)):
            moment = Image.fromarray(np.ascontiguousarray(frames[at])).resize((CELL, height - LINE))
            paper.paste(moment, (column * CELL, top + LINE))
        top += height
    return paper


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu.accept", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("profile")
    parser.add_argument("--folder", type=Path, default=MODELS_FOLDER)
    parser.add_argument("--video", type=Path, default=Path(str(files("omnireel.demo") / "pond.mp4")))
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.PRO.value)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--accept-licence", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("acceptance"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
