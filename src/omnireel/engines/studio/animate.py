"""Photographs as moving clips: a camera over one, shot by shot, or a morph from a first to a last one."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate

import numpy as np

from omnireel.engines.base import Run
from omnireel.engines.studio.looks.plan import plan_looks, style_names, through
from omnireel.engines.studio.photo.passage import passage
from omnireel.engines.studio.photo.shown import Photo, Setup, Shown, closing_image, show, with_a_move
from omnireel.engines.studio.picture.raster import Size, grey_of, shrunk, size_of
from omnireel.engines.studio.picture.saliency import judged
from omnireel.engines.studio.pipeline import ahead, fanned
from omnireel.engines.studio.sound.heard import Heard, sources_of
from omnireel.engines.studio.sound.listener import Listener
from omnireel.engines.studio.tracker import tracked
from omnireel.errors import EngineFailed
from omnireel.media.canvas import canvas
from omnireel.media.frames import Frame
from omnireel.media.image import load_image
from omnireel.media.poster import write_poster
from omnireel.media.sniff import sniff
from omnireel.media.writer import ClipWriter
from omnireel.media.x264 import PAINTED
from omnireel.models import (
    AspectRatio,
    CameraMove,
    Clip,
    Job,
    MediaKind,
    Shot,
    ShotReport,
    Storyboard,
    Subject,
    TimeOfDay,
    Transition,
    Weather,
)

FPS = 24
_USUAL_SECONDS = 5
_PASSAGE = 14
"""Frames in which one shot gives way to the next."""
_REPORT_EVERY = 4
_DARK = 70.0
"""Mean grey level below which a photograph is taken at night already."""
_MOST_PIXELS = 40_000_000
"""Of all the pictures together; each keeps its share, so that many large ones fit into memory."""
_WITH_THE_WIND = ("float", "rise", "fall", "shine", "burn", "blow", "steam", "sway", "flow")
"""What things do that are only carried along by what stirs in a picture."""
_ALREADY = ("stand", "sit", "lie", "sleep", "look", "smile")
"""What a photograph shows somebody doing without their having to move."""
_WARM_SIZE = (96, 64)


@dataclass(frozen=True)
class _Take:
    """A shot with its place in the clip."""

    shot: Shot
    shown: Shown
    start: int
    frames: int
    after: int = 0
    """Frames past its end in which it is still seen, while the next shot takes over."""

    def frame(self, number: int) -> Frame:
        """Its frame by number, from 0 to its last one past its end."""
        return self.shown(min(1.0, number / max(1, self.frames + self.after - 1)))


def make(job: Job, run: Run, *, threads: int) -> Clip:
    """Animate the request's pictures into `run.scratch`. Inputs and seed decide the bytes, `threads` not.

    Raises InvalidMedia when a picture cannot be decoded, EngineFailed when there is none, and whatever
    `run.report` raises; no file is left half written.
    """
    if not job.request.images:
        raise EngineFailed("animating needs a picture, and the request has none")
    run.report(0.0, "reading")
    photos = [_photo(job, run, number) for number in range(len(job.request.images))]
    size = canvas(job.request.mode, job.request.aspect_ratio or AspectRatio.WIDE)
    return animate(job, run, photos, size, threads=threads)


def animate(job: Job, run: Run, photos: Sequence[Photo], size: Size, *, threads: int) -> Clip:
    """The clip of a job over loaded pictures, on a canvas of `size`."""
    setup = Setup(size, run.seed, job.request.image_types)
    _say_what_is_left_out(job, run, setup)
    takes = _takes(job, photos, setup)
    _say_what_was_not_found(run, takes)
    return _produce(job, run, photos, takes, size, threads)


def warm() -> None:
    """Compile every kernel that animating uses, by looking at one tiny picture."""
    picture = np.random.default_rng(0).integers(0, 255, (_WARM_SIZE[1], _WARM_SIZE[0], 3), np.uint8)
    setup = Setup(_WARM_SIZE, 0)
    show(Shot("", stirs=("steam",)), [Photo(picture)], setup, seconds=5, first=True, last=True)(0.5)


def _photo(job: Job, run: Run, number: int) -> Photo:
    path = run.open(job.request.images[number])
    picture = load_image(path, sniff(path, kind=MediaKind.IMAGE).format)
    width, height = size_of(picture)
    scale = (_MOST_PIXELS / len(job.request.images) / (width * height)) ** 0.5
    if scale >= 1:
        return Photo(picture)
    return Photo(shrunk(picture, (max(2, round(width * scale)), max(2, round(height * scale)))))


def _say_what_is_left_out(job: Job, run: Run, setup: Setup) -> None:
    shots = job.storyboard.shots
    still = dict.fromkeys(
        f"{subject.noun} ({subject.action})"
        for shot in shots
        for subject in shot.subjects
        if _acts(subject, shot)
    )
    if still:
        run.warn(
            "In a photograph the studio engine moves the camera, water, air, plants and light, and nobody "
            f"acts; this was not animated: {', '.join(still)}."
        )
    fixed = [
        shot for shot in shots if closing_image(shot, setup) and shot.camera not in (None, CameraMove.STATIC)
    ]
    if fixed:
        run.warn("Between a first and a last picture these set the camera; its named move was not used.")


def _say_what_was_not_found(run: Run, takes: Sequence[_Take]) -> None:
    missing = set.intersection(*(set(take.shown.missing) for take in takes))
    if missing:
        run.warn(
            "The studio engine found nothing in the photograph that it could set in motion as "
            f"{', '.join(sorted(missing))}."
        )


def _acts(subject: Subject, shot: Shot) -> bool:
    """Whether a subject would have to do what its photograph cannot."""
    carried = shot.stirs and subject.action in _WITH_THE_WIND
    return bool(subject.action) and subject.action not in _ALREADY and not carried


def _takes(job: Job, photos: Sequence[Photo], setup: Setup) -> list[_Take]:
    """The storyboard's shots; one too short to have a frame is left out."""
    counts = job.storyboard.frame_counts((job.request.duration or _USUAL_SECONDS) * FPS)
    starts = [0, *accumulate(counts)]
    kept = [entry for entry in zip(job.storyboard.shots, starts, counts, strict=False) if entry[2]]
    several = len({shot.images[:1] for shot, _, _ in kept}) > 1
    takes = []
    for place, (shot, start, frames) in enumerate(kept):
        first, last = place == 0, place == len(kept) - 1
        after = 0 if last or closing_image(shot, setup) else _overlap(*kept[place + 1][::2])
        directed = with_a_move(shot, photos, setup, place) if several else shot
        shown = show(directed, photos, setup, seconds=(frames + after) / FPS, first=first, last=last)
        takes.append(_Take(shot, shown, start, frames, after))
    return takes


def _produce(
    job: Job, run: Run, photos: Sequence[Photo], takes: Sequence[_Take], size: Size, threads: int
) -> Clip:
    clip, poster = run.scratch / "clip.mp4", run.scratch / "poster.jpg"
    total = sum(take.frames for take in takes)
    painted = _painted(job, run, photos, takes, size, threads)
    fps, sound = Fraction(FPS), job.request.sound
    with (
        closing(painted),
        Listener(run, len(takes), threads=threads) as listener,
        ClipWriter(
            clip, width=size[0], height=size[1], fps=fps, threads=threads, audio=sound, coding=PAINTED
        ) as writer,
    ):
        for take in takes if sound else ():
            listener.hear(_heard(take))
        for frame in painted:
            if writer.frames % _REPORT_EVERY == 0:
                run.report(writer.frames / total, "animating")
            if writer.frames == total // 3:
                write_poster(frame, poster)
            writer.write(frame)
        if sound:
            writer.write_audio(listener.samples())
    run.report(1.0, "finished")
    shots = tuple(ShotReport(take.start, take.frames, take.shot.prompt) for take in takes)
    return Clip(clip, poster, *size, fps, total, sound, shots)


def _heard(take: _Take) -> Heard:
    return Heard(take.shot, take.start / FPS, take.frames / FPS, sources_of(take.shot))


def _painted(
    job: Job, run: Run, photos: Sequence[Photo], takes: Sequence[_Take], size: Size, threads: int
) -> Generator[Frame, None, None]:
    """The clip's frames in the looks it was asked for, on twos when it was asked for that."""
    hold = 2 if job.storyboard.on_twos else 1
    samples = [take.frame(take.frames // 2) for take in takes]
    plan = plan_looks(
        _fitting(job.storyboard, takes, samples),
        samples,
        size,
        FPS,
        run.seed,
        references=[photos[number - 1].picture for number in job.storyboard.style_images],
        frames=sum(take.frames for take in takes),
    )
    if plan.unknown:
        known = ", ".join(style_names())
        run.warn(f"The studio engine has no style called {', '.join(plan.unknown)}; it has {known}.")
    frames = ahead(fanned(_moments(takes), _Moment.painted, threads=threads), threads=threads)
    if not plan.looks:
        yield from _held(frames, hold)
        return
    for moment in through(plan.looks, tracked(frames, size, hold=hold), threads=threads):
        for _ in range(moment.hold):
            yield moment.frame


def _fitting(storyboard: Storyboard, takes: Sequence[_Take], samples: Sequence[Frame]) -> Storyboard:
    """The storyboard without the light its photographs have already: words often only describe them."""
    shots = [_fitted(take.shot, sample) for take, sample in zip(takes, samples, strict=True)]
    return replace(storyboard, shots=tuple(shots))


def _fitted(shot: Shot, sample: Frame) -> Shot:
    dark = float(grey_of(judged(sample)).mean()) < _DARK
    shown = shot.time_of_day is TimeOfDay.DAY or (shot.time_of_day is TimeOfDay.NIGHT and dark)
    plain = shot.weather in (Weather.CLEAR, Weather.CLOUDY)
    time_of_day = None if shown else shot.time_of_day
    return replace(shot, time_of_day=time_of_day, weather=None if plain else shot.weather)


def _held(frames: Iterable[Frame], hold: int) -> Iterator[Frame]:
    kept: Frame | None = None
    for number, frame in enumerate(frames):
        kept = frame if kept is None or number % hold == 0 else kept
        yield kept


@dataclass(frozen=True)
class _Moment:
    """One frame of the clip before it is painted. It follows from its takes and numbers alone."""

    take: _Take
    number: int
    before: _Take | None = None
    overlap: int = 0

    def painted(self) -> Frame:
        frame = self.take.frame(self.number)
        if self.before is None or self.number >= self.overlap:
            return frame
        past = self.before.frame(self.before.frames + self.number)
        return passage(past, frame, (self.number + 1) / (self.overlap + 1), self.take.shot.transition)


def _moments(takes: Sequence[_Take]) -> Iterator[_Moment]:
    before: _Take | None = None
    for take in takes:
        overlap = _overlap(take.shot, take.frames) if before is not None else 0
        yield from (_Moment(take, number, before, overlap) for number in range(take.frames))
        before = take


def _overlap(shot: Shot, frames: int) -> int:
    """For how many frames a shot takes over from the one before it."""
    return 0 if shot.transition is Transition.CUT else min(_PASSAGE, frames // 2)
