"""Something new, filmed the way a video is: its camera's movement, its cuts and its length."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from math import exp

from omnireel.engines.base import Run
from omnireel.engines.studio import scene
from omnireel.engines.studio.edits.borrowed import BorrowedCamera, borrow, recut
from omnireel.engines.studio.edits.camera_track import SIDE as TRACKED_SIDE
from omnireel.engines.studio.edits.camera_track import Steps, track_camera
from omnireel.engines.studio.looks.plan import plan_looks, style_names, through
from omnireel.engines.studio.photo.camera import Path, View
from omnireel.engines.studio.photo.plate import Plate, kept_inside
from omnireel.engines.studio.photo.shown import Photo
from omnireel.engines.studio.picture.raster import Size, size_of
from omnireel.engines.studio.picture.saliency import Window, focus_of, tightened
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.scenery.camera import Drift
from omnireel.engines.studio.scenery.shot import FPS
from omnireel.engines.studio.tracker import tracked
from omnireel.errors import EngineFailed
from omnireel.media.canvas import canvas, canvas_like
from omnireel.media.frames import Frame
from omnireel.media.image import load_image
from omnireel.media.poster import write_poster
from omnireel.media.probe import VideoFacts
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.writer import ClipWriter
from omnireel.media.x264 import PAINTED
from omnireel.models import Clip, Framing, Job, MediaKind, ShotReport, VideoRequest

_REPORT_EVERY = 4
_HOME = {None: 0.86, Framing.WIDE: 0.94, Framing.MEDIUM: 0.72, Framing.CLOSE: 0.56}
"""Width of the view over a photograph, as a share of the largest: the camera needs room around it."""
_PARALLAX = 0.2
"""How far the nearest things move against the farthest, for each view width the camera moves."""
_NEARLY_ALL = 0.95


def make(job: Job, run: Run, *, threads: int) -> Clip:
    """Film the storyboard, or the pictures that came with it, as the request's video is filmed.

    Seed and inputs alone decide the bytes. Raises InvalidMedia when an input cannot be decoded, EngineFailed
    when there is no video, and whatever `run.report` raises; no file is left half written.
    """
    if not job.request.videos:
        raise EngineFailed("borrowing a camera needs a video, and the request has none")
    run.report(0.0, "watching")
    camera, facts, total = _watched(job, run)
    size = _canvas(job.request, facts)
    board = recut(job.storyboard, camera.cuts, total)
    _say_what_is_left_out(run, camera, len(job.storyboard.shots), len(board.shots))
    filmed = replace(job, storyboard=board)
    if job.request.images and not any(shot.place for shot in board.shots):
        return _film_pictures(filmed, run, camera, size, total, threads)
    path = camera.path
    return scene.compose(
        filmed, run, size, threads=threads, frames=total, ride=lambda number: _drift(path, number)
    )


def warm() -> None:
    """Everything this uses, the makers it stands on compile."""


def _watched(job: Job, run: Run) -> tuple[BorrowedCamera, VideoFacts, int]:
    path = run.open(job.request.videos[0])
    file_format = sniff(path).format
    with VideoReader(path, file_format, limits=run.limits) as probed:
        facts, fps = probed.facts, probed.fps
    small = _tracked_size(facts.width, facts.height)
    with VideoReader(path, file_format, small, fps, limits=run.limits) as reader:
        track = track_camera(reader, float(fps))
    total = max(1, round(facts.duration * FPS))
    return borrow(track, FPS, total), facts, total


def _tracked_size(width: int, height: int) -> Size:
    """The size at which a video's camera is followed."""
    scale = min(1.0, TRACKED_SIDE / min(width, height))
    return max(32, round(width * scale)), max(32, round(height * scale))


def _canvas(request: VideoRequest, facts: VideoFacts) -> Size:
    if request.aspect_ratio is None:
        return canvas_like(facts.width, facts.height, request.mode)
    return canvas(request.mode, request.aspect_ratio)


def _say_what_is_left_out(run: Run, camera: BorrowedCamera, told: int, cut: int) -> None:
    if told > cut:
        run.warn(f"The video has {cut} shots and the prompt {told}; the last {told - cut} were left out.")
    if camera.scaled < _NEARLY_ALL:
        run.warn(
            f"The video's camera goes farther than a set or a picture reaches; "
            f"its path was drawn in to {camera.scaled:.0%}."
        )


def _drift(path: Steps, number: int) -> Drift:
    right, down, growth, _ = path[min(number, len(path) - 1)]
    return Drift(float(right), float(down), float(growth))


@dataclass(frozen=True)
class _Take:
    prompt: str
    start: int
    frames: int
    shown: Callable[[int], Frame]


def _film_pictures(job: Job, run: Run, camera: BorrowedCamera, size: Size, total: int, threads: int) -> Clip:
    photos = [_photo(job, run, number) for number in range(len(job.request.images))]
    takes = _takes(job, photos, camera, size, total)
    clip, poster = run.scratch / "clip.mp4", run.scratch / "poster.jpg"
    with (
        closing(_painted(job, run, takes, size, total, threads)) as painted,
        ClipWriter(
            clip, width=size[0], height=size[1], fps=Fraction(FPS), threads=threads, coding=PAINTED
        ) as writer,
    ):
        for frame in painted:
            if writer.frames % _REPORT_EVERY == 0:
                run.report(writer.frames / total, "filming")
            if writer.frames == total // 3:
                write_poster(frame, poster)
            writer.write(frame)
    run.report(1.0, "finished")
    shots = tuple(ShotReport(take.start, take.frames, take.prompt) for take in takes)
    return Clip(clip, poster, *size, Fraction(FPS), total, shots=shots)


def _photo(job: Job, run: Run, number: int) -> Photo:
    path = run.open(job.request.images[number])
    return Photo(load_image(path, sniff(path, kind=MediaKind.IMAGE).format))


def _takes(job: Job, photos: list[Photo], camera: BorrowedCamera, size: Size, total: int) -> list[_Take]:
    """A picture for each shot, in turn where the storyboard ties none to it."""
    counts = job.storyboard.frame_counts(total)
    starts = accumulate(counts, initial=0)
    takes = []
    for place, (shot, start, frames) in enumerate(zip(job.storyboard.shots, starts, counts, strict=False)):
        own = shot.images[place % len(shot.images)] if shot.images else place % len(photos) + 1
        shown = _filmed(photos[own - 1], camera.path[start : start + frames], shot.framing, size)
        takes.append(_Take(shot.prompt, start, frames, shown))
    return takes


def _filmed(photo: Photo, path: Steps, framing: Framing | None, size: Size) -> Callable[[int], Frame]:
    """A photograph under a borrowed camera, by frame of the shot."""
    whole = photo.window(size)
    focus = focus_of(photo.saliency, size_of(photo.picture), whole)
    home = tightened(whole, _HOME[framing], focus)
    last = max(1, len(path) - 1)
    ridden = kept_inside(photo.scene, _ridden(home, path), size)
    plate = Plate(photo.scene, ridden, size)
    return lambda number: plate.seen_from(ridden(number / last))


def _ridden(home: Window, path: Steps) -> Path:
    """A view moves against its picture: what goes right in the frame was left to the camera's left."""
    middle, last = home.centre, len(path) - 1

    def view(time: float) -> View:
        right, down, growth, turn = (float(value) for value in path[round(time * last)])
        x, y = middle[0] - right * home.width, middle[1] - down * home.width
        slide_x, slide_y = right * _PARALLAX, down * _PARALLAX
        return View(x, y, home.width * exp(-growth), turn, slide_x, slide_y, growth * _PARALLAX)

    return view


def _painted(
    job: Job, run: Run, takes: list[_Take], size: Size, total: int, threads: int
) -> Generator[Frame, None, None]:
    board = job.storyboard
    samples = [take.shown(take.frames // 2) for take in takes]
    plan = plan_looks(board, samples, size, FPS, run.seed, frames=total)
    if plan.unknown:
        known = ", ".join(style_names())
        run.warn(f"The studio engine has no style called {', '.join(plan.unknown)}; it has {known}.")
    frames = ahead((take.shown(n) for take in takes for n in range(take.frames)), threads=threads)
    hold = 2 if board.on_twos else 1
    if not plan.looks and hold == 1:
        yield from frames
        return
    for moment in through(plan.looks, tracked(frames, size, hold=hold), threads=threads):
        for _ in range(moment.hold):
            yield moment.frame
