"""An attempt at a clip: it plans, decodes, asks for the passes, joins and writes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from fractions import Fraction

import numpy as np

from omnireel.engines.base import Run
from omnireel.engines.diffusers.call import Generated
from omnireel.engines.diffusers.inputs import arrays_of, facts_of
from omnireel.engines.diffusers.joining import in_step, joined
from omnireel.engines.diffusers.mapping import Facts, Pass, Plan, plan
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.link import Array, Link, Message, ask
from omnireel.errors import EngineFailed
from omnireel.media.canvas import shortfall
from omnireel.media.frames import Frame, Samples
from omnireel.media.poster import write_poster
from omnireel.media.probe import probe
from omnireel.media.sniff import sniff
from omnireel.media.sound import read_audio
from omnireel.media.writer import ClipWriter
from omnireel.models import Clip, Job, JobKind, MediaKind, ShotReport, VideoRequest

MADE = 0.97
"""How far a clip is when its last pass is made."""


def make(job: Job, run: Run, options: DiffusersOptions, *, threads: int) -> Clip:
    """Make the clip inside `run.scratch`. Raises AttemptError."""
    facts = facts_of(job.request, run)
    film = plan(job, options, facts, run.seed)
    for warning in film.warnings:
        run.warn(warning)
    fps = _rate(job, options, facts)
    with closing(run.model()) as link:
        maker = _Maker(job.request, run, film, link)
        clip = _written(job, run, film, fps, maker, options, threads)
    if (short := shortfall(clip.width, clip.height, job.request.mode)) is not None:
        run.warn(short)
    run.report(1.0, "done")
    return clip


class _Maker:
    """Asks the model for one pass after the other."""

    def __init__(self, request: VideoRequest, run: Run, film: Plan, link: Link) -> None:
        self._request, self._run, self._link = request, run, link
        self._count, self._done = len(film.passes), 0

    def make(self, wanted: Pass, before: Array | None) -> Generated:
        """Raises EngineFailed for an answer that is not what was asked for."""
        arrays = arrays_of(wanted, self._request, self._run, before)
        said = ask(self._link, Message({"call": asdict(wanted.call)}, arrays), self._report)
        self._done += 1
        call, frames = wanted.call, said.arrays.get("frames")
        if frames is None or frames.shape != (call.frames, call.height, call.width, 3):
            raise EngineFailed(
                f"the model made {None if frames is None else frames.shape}, not what was asked"
            )
        return Generated(frames, said.arrays.get("audio"), int(said.head.get("rate", 0)))

    def _report(self, share: float, note: str) -> None:
        self._run.report(MADE * (self._done + min(1.0, max(0.0, share))) / self._count, note)


def _rate(job: Job, options: DiffusersOptions, facts: Facts | None) -> Fraction:
    """Frames a second of the clip: an edited source keeps its own."""
    if job.storyboard.kind is JobKind.EDIT and facts is not None and facts.frames:
        return facts.fps
    return Fraction(options.model.fps)


def _written(
    job: Job, run: Run, film: Plan, fps: Fraction, maker: _Maker, options: DiffusersOptions, threads: int
) -> Clip:
    profile, request = options.model, job.request
    frames = max(1, round(film.frames * fps / profile.fps))
    heard = _original_sound(request, run) if request.keep_original_sound else None
    audio = heard is not None or (request.sound and profile.sound)
    path, poster = run.scratch / "clip.mp4", run.scratch / "poster.jpg"
    with ClipWriter(
        path, width=film.width, height=film.height, fps=fps, audio=audio, threads=threads
    ) as writer:

        def hear(samples: Samples) -> None:
            if audio and heard is None:
                writer.write_audio(samples)

        shown = in_step(joined(film, profile.carry, maker.make, hear), profile.fps, frames, fps)
        for number, frame in enumerate(map(_bgr, shown)):
            if number == 0:
                write_poster(frame, poster)
            writer.write(frame)
        for samples in heard or ():
            writer.write_audio(samples)
    shots = tuple(_shots(job, film, frames))
    return Clip(path, poster, film.width, film.height, fps, frames, audio, shots)


def _original_sound(request: VideoRequest, run: Run) -> Iterator[Samples] | None:
    if not request.videos:
        return None
    path = run.open(request.videos[0])
    found = sniff(path, MediaKind.VIDEO)
    facts = probe(path, found.format, run.limits)
    return read_audio(path, found.format, start=facts.start, limits=run.limits) if facts.has_audio else None


def _shots(job: Job, film: Plan, frames: int) -> Iterator[ShotReport]:
    """Where each shot lies in the clip, which has `frames` frames."""
    numbers = sorted({one.shot for one in film.passes})
    begins = [min(one.begin for one in film.passes if one.shot == number) for number in numbers]
    edges = [round(begin * frames / film.frames) for begin in (*begins, film.frames)]
    for number, begin, end in zip(numbers, edges, edges[1:], strict=False):
        yield ShotReport(begin, end - begin, job.storyboard.shots[number].prompt)


def _bgr(frame: Array) -> Frame:
    return np.ascontiguousarray(frame[..., ::-1])
