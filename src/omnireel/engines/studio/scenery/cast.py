"""Who is in a shot: pictures for the nouns, sizes, places to stand, and whether they travel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.art import Art, find_art, pixels
from omnireel.engines.studio.scenery.built.workshop import Figure, built
from omnireel.engines.studio.scenery.motion import Gait, gait_for, paced
from omnireel.engines.studio.scenery.sprite import recoloured
from omnireel.models import Subject
from omnireel.thesaurus.kin import kin_of

MOST = 12
"""Members of one shot; more would shrink each below what the eye can name."""

_FLOWN = ("kite", "drone", "paper plane")
"""What others fly without leaving the ground."""


@dataclass(frozen=True)
class Role:
    """A subject understood: its picture, straight BGRA, and how it moves."""

    art: Art
    picture: Bytes
    gait: Gait
    photo: bool = False
    subject: Subject | None = None
    """What the storyboard calls it, and what it does."""
    figure: Figure | None = None
    """Where it was drawn here: its parts, of which `picture` shows all at rest."""


def roles_for(
    subjects: tuple[Subject, ...], photo: Callable[[int], Bytes | None], warn: Callable[[str], None]
) -> list[tuple[Role, int]]:
    """A role and a head count for each subject that can be shown; the others are named in warnings."""
    told = _told(subjects)
    filled = ((_role(subject, photo, warn), max(1, subject.count)) for subject in told)
    found = [(role, count) for role, count in filled if role is not None]
    return _within_limits(found, warn)


def _told(subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """Who is chased runs, even where only the chaser is said to; who flies a kite stays on the ground."""
    if any(subject.noun in _FLOWN for subject in subjects):
        return tuple(_grounded(subject) for subject in subjects)
    if not any((subject.action or "").split(" ")[0] == "chase" for subject in subjects):
        return subjects
    return tuple(subject if subject.action else replace(subject, action="run") for subject in subjects)


def _grounded(subject: Subject) -> Subject:
    return (
        replace(subject, action=None) if subject.action == "fly" and subject.noun not in _FLOWN else subject
    )


def _role(subject: Subject, photo: Callable[[int], Bytes | None], warn: Callable[[str], None]) -> Role | None:
    if subject.image is not None and (picture := photo(subject.image)) is not None:
        art = _photo_art(subject)
        return Role(art, picture, gait_for(art.motion, subject.action)[0], photo=True, subject=subject)
    if subject.colour and built(f"{subject.colour} {subject.noun}"):
        subject = replace(subject, noun=f"{subject.colour} {subject.noun}", colour=None)
    drawn = _drawn(subject.noun)
    shown = drawn.art if drawn else _found(subject, warn)
    if drawn and (kin := kin_of(subject.noun)) and not kin.exact:
        _warn_of_stand_in(subject.noun, drawn.art, warn)
    if shown is None:
        warn(f"The studio engine has no picture of {_short(subject.noun)!r}; the scene was made without it")
        return None
    gait, understood = gait_for(shown.motion, subject.action)
    if not understood and subject.action != "run":
        warn(f"The studio engine cannot show {shown.name!r} doing {_short(subject.action or '')!r}")
    picture = drawn.picture if drawn else pixels(shown)
    if subject.colour:
        picture = _painted(picture, subject, shown, warn)
        drawn = drawn and _dyed(drawn, subject.colour)
    return Role(shown, picture, paced(gait, shown.name), subject=subject, figure=drawn)


def _found(subject: Subject, warn: Callable[[str], None]) -> Art | None:
    found = find_art(subject.noun, _pose(subject.action))
    if found is not None and not found.exact:
        _warn_of_stand_in(subject.noun, found.art, warn)
    return None if found is None else found.art


def _warn_of_stand_in(noun: str, art: Art, warn: Callable[[str], None]) -> None:
    warn(f"There is no picture of {_short(noun)!r}: {art.name!r}, which is near it, stands in for it")


def _drawn(noun: str) -> Figure | None:
    """What is drawn here for a noun: as it stands, else for its tail where the art pack has nothing exact."""
    if whole := built(noun) or built(_singular(noun)):
        return whole
    found = find_art(noun)
    if found is not None and found.exact:
        return None
    words = noun.split()
    tails = (" ".join(words[start:]) for start in range(1, len(words)))
    kin = kin_of(noun)
    if kin is not None and (kind := built(kin.head)):
        return kind
    return next((figure for tail in tails if (figure := built(tail) or built(_singular(tail)))), None)


def _singular(noun: str) -> str:
    return noun[:-2] if noun.endswith(("shes", "ches", "xes")) else noun.removesuffix("s")


def _dyed(figure: Figure, colour: str) -> Figure:
    """The figure with its largest part's main colour turned into the named one wherever that shows."""
    layers = [
        replace(layer, picture=painted if painted is not None else layer.picture)
        for layer in figure.layers
        for painted in [recoloured(layer.picture, colour, person=False)]
    ]
    return replace(figure, layers=tuple(layers))


def _photo_art(subject: Subject) -> Art:
    """What a photograph of a subject is taken to be: it moves like its noun, but its limbs are unknown."""
    found = find_art(subject.noun) if subject.noun else None
    if found is None:
        return Art(subject.noun or "picture", "", "thing", "still", 1.2, "front")
    calm = "still" if found.art.motion in ("walker", "biped", "runner", "galloper") else found.art.motion
    return replace(found.art, motion=calm, facing="front")


def _pose(action: str | None) -> str:
    verb = (action or "").lower().split(" ")[0]
    return {"jog": "run", "sprint": "run", "chase": "run", "race": "run", "stroll": "walk", "march": "walk",
            "hike": "walk", "wander": "walk", "cross": "walk", "cycle": "ride", "bike": "ride"}.get(verb,
            verb)  # fmt: skip


def _painted(picture: Bytes, subject: Subject, art: Art, warn: Callable[[str], None]) -> Bytes:
    painted = recoloured(picture, subject.colour or "", person=art.kind == "person")
    if painted is None:
        warn(f"The studio engine does not know the colour {_short(subject.colour or '')!r}")
    return picture if painted is None else painted


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _within_limits(found: list[tuple[Role, int]], warn: Callable[[str], None]) -> list[tuple[Role, int]]:
    total = sum(count for _, count in found)
    if total <= MOST:
        return found
    warn(f"The studio engine shows at most {MOST} subjects in a shot, not {total}")
    kept = found[:MOST]
    share = (MOST - len(kept)) / max(1, total - len(kept))
    return [(role, 1 + int((count - 1) * share)) for role, count in kept]
