"""What a storyboard asks of the stage: for each shot its place and the roles to fill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from omnireel.engines.base import Run
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.cast import Role, roles_for
from omnireel.engines.studio.scenery.cutout import cut_out, framed
from omnireel.engines.studio.scenery.emoji import read_emoji
from omnireel.engines.studio.scenery.homes import home_of
from omnireel.engines.studio.scenery.lettering import LONGEST, missing
from omnireel.engines.studio.scenery.places import Place, place_named
from omnireel.media.image import load_image
from omnireel.media.sniff import sniff
from omnireel.models import Job, MediaKind, Shot, Subject

_UNNAMED = "subject"

Warn = Callable[[str], None]
Photos = Callable[[int], Bytes | None]


@dataclass(frozen=True)
class ShotScript:
    """A shot with its place found and its roles filled."""

    shot: Shot
    place: Place
    place_name: str
    roles: tuple[tuple[Role, int], ...]

    @classmethod
    def of(cls, shot: Shot, photo: Photos, warn: Warn, fallback: str | None = None) -> ShotScript:
        """Fill the roles; without a named place, the cast's own home or else `fallback` is set."""
        shot = _with_emoji(_with_loose_pictures(shot))
        roles = roles_for(shot.subjects, photo, warn)
        home = home_of([role.art for role, _ in roles]) if roles or fallback is None else fallback
        place, name, exact = place_named(shot.place or home)
        if not exact:
            warn(f"The studio engine has no set for {(shot.place or '')[:40]!r}; {name!r} stands in for it.")
        _warn_of_lettering(shot, warn)
        return cls(shot, place, name, tuple(roles))


def _warn_of_lettering(shot: Shot, warn: Warn) -> None:
    if lacking := missing(shot.lettering):
        warn(f"The studio engine's typefaces have no letters for {lacking!r}; the text is set without them.")
    if any(len(text) > LONGEST for text in shot.lettering):
        warn(f"The studio engine sets the first {LONGEST} characters of a text in the picture.")


@dataclass(frozen=True)
class Scene:
    """All shots of a clip."""

    shots: tuple[ShotScript, ...]


def read_scene(job: Job, run: Run) -> Scene:
    """Read the storyboard. What cannot be shown is warned of once, however many shots ask for it."""
    said: set[str] = set()

    def warn(text: str) -> None:
        if text not in said:
            said.add(text)
            run.warn(text)

    photos = _PhotoBox(job, run)
    named = next((shot.place for shot in job.storyboard.shots if shot.place), None)
    scripts: list[ShotScript] = []
    for shot in job.storyboard.shots:
        fallback = scripts[-1].place_name if scripts else named
        scripts.append(ShotScript.of(shot, photos, warn, fallback))
    if not any(script.shot.place or script.roles for script in scripts):
        warn("The studio engine recognised nothing to show in the prompt, so it made an abstract scene.")
    return Scene(tuple(scripts))


def _with_loose_pictures(shot: Shot) -> Shot:
    """The shot with its pictures that no subject is tied to as subjects of their own."""
    tied = {subject.image for subject in shot.subjects}
    loose = tuple(Subject(_UNNAMED, image=number) for number in shot.images if number not in tied)
    return replace(shot, subjects=shot.subjects + loose)


def _with_emoji(shot: Shot) -> Shot:
    """What words left open, filled in from the prompt's emoji."""
    said = read_emoji(shot.prompt)
    return replace(
        shot,
        subjects=shot.subjects or tuple(Subject(name) for name in said.cast),
        place=shot.place or said.place,
        time_of_day=shot.time_of_day or said.time_of_day,
        weather=shot.weather or said.weather,
    )


class _PhotoBox:
    """The request's pictures as cut-outs, each opened once."""

    def __init__(self, job: Job, run: Run) -> None:
        self._images, self._run = job.request.images, run
        self._seen: dict[int, Bytes] = {}

    def __call__(self, number: int) -> Bytes | None:
        """Picture `number`, counted from 1, as straight BGRA: its subject alone, or framed where that
        fails."""
        if not 1 <= number <= len(self._images):
            return None
        if number not in self._seen:
            path = self._run.open(self._images[number - 1])
            picture = load_image(path, sniff(path, kind=MediaKind.IMAGE).format)
            alone = cut_out(picture)
            if alone is None:
                self._run.warn(
                    f"Picture {number} could not be cut out cleanly; it stands framed on an easel."
                )
            self._seen[number] = framed(picture) if alone is None else alone
        return self._seen[number]
