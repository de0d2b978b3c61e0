"""Composes shots: each part of the prompt with what it says, and what it inherits from before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from omnireel.director.hearing import MUSIC, read_sounds
from omnireel.director.intent import end_pictures
from omnireel.director.lettering import read_lettering
from omnireel.director.reading import Reading, read
from omnireel.director.sequence import is_sequence, sequence
from omnireel.director.shots import Part, Split, split_shots
from omnireel.director.subjects import Cast, read_cast
from omnireel.director.vocabulary import Topic
from omnireel.models import (
    CameraMove,
    Framing,
    JobKind,
    Shot,
    Subject,
    TimeOfDay,
    VideoRequest,
    Weather,
)
from omnireel.references import referenced_images

USUAL_SECONDS = 5.0
"""Where a source video sets the length, shares need only be relative."""
_NEON = {"city", "street"}


@dataclass(frozen=True)
class Brief:
    """What composing every shot of a request needs."""

    request: VideoRequest
    kind: JobKind
    banned: Collection[str]
    """Canonical words the negative prompt rules out."""
    lenders: frozenset[int] = frozenset()
    """Pictures that lend their style and are not shown."""

    @property
    def shown(self) -> tuple[int, ...]:
        """The numbers of the pictures that are to be seen."""
        return tuple(
            number for number in range(1, len(self.request.images) + 1) if number not in self.lenders
        )


def compose(brief: Brief) -> tuple[Shot, ...]:
    """The shots of a request, in order, every picture sent in at least one of them."""
    split = _split(brief)
    before = _shot(brief, Part(split.preamble), Shot(""), "") if split.preamble else Shot("")
    before = replace(before, camera=None, framing=None)
    shots: list[Shot] = []
    for part in split.parts:
        shots.append(_shot(brief, part, shots[-1] if shots else before, split.preamble))
    return _with_pictures(brief, shots, referenced_images(split.preamble))


def _split(brief: Brief) -> Split:
    request = brief.request
    if not request.multi_shot:
        return Split((Part(request.prompt, 1.0),))
    # The sentences of a prompt about a source video are orders, not things that happen one after another.
    prose = brief.kind is not JobKind.EDIT
    return split_shots(request.prompt, float(request.duration or USUAL_SECONDS), prose=prose)


def _shot(brief: Brief, part: Part, before: Shot, preamble: str) -> Shot:
    reading = read(part.text, brief.request.prompt)
    images = len(brief.request.images)
    cast = read_cast(reading, images=images, unnamed=brief.kind is JobKind.SUBJECTS)
    camera, framing = _wanted(brief, reading, Topic.CAMERA), _wanted(brief, reading, Topic.FRAMING)
    return Shot(
        prompt=f"{preamble}: {part.text}" if preamble else part.text,
        share=part.seconds or 1.0,
        camera=CameraMove(camera) if camera else part.camera,
        framing=part.framing or (Framing(framing) if framing else None),
        place=_place(brief, reading) or before.place,
        time_of_day=_time(brief, reading) or before.time_of_day,
        weather=_weather(brief, reading) or before.weather,
        subjects=_subjects(brief, cast, before.subjects),
        images=tuple(number for number in referenced_images(part.text) if number in brief.shown),
        transition=part.transition,
        stirs=_stirs(brief, reading, before),
        lettering=read_lettering(part.text) or (before.lettering if not before.prompt else ()),
        sounds=_sounds(brief, reading, before),
        mood=_wanted(brief, reading, Topic.MOOD) or before.mood,
    )


def _wanted(brief: Brief, reading: Reading, topic: Topic) -> str | None:
    values = (sense.value for sense in reading.senses(topic))
    return next((value for value in values if value not in brief.banned), None)


def _place(brief: Brief, reading: Reading) -> str | None:
    place = _wanted(brief, reading, Topic.PLACE)
    is_future = any(sense.value == "sci-fi" for sense in reading.senses(Topic.STYLE))
    return "neon-city" if place in _NEON and is_future else place


def _time(brief: Brief, reading: Reading) -> TimeOfDay | None:
    time = _wanted(brief, reading, Topic.TIME)
    return TimeOfDay(time) if time else None


def _weather(brief: Brief, reading: Reading) -> Weather | None:
    weather = _wanted(brief, reading, Topic.WEATHER)
    composed = brief.kind not in (JobKind.EDIT, JobKind.ANIMATE)
    winter = composed and any(sense.value == "winter" for sense in reading.senses(Topic.STYLE))
    return Weather(weather) if weather else Weather.SNOW if winter else None


def _stirs(brief: Brief, reading: Reading, before: Shot) -> tuple[str, ...]:
    """What moves by itself here, and what did before: wind does not stop at a cut."""
    named = (sense.value for sense in reading.senses(Topic.STIR) if sense.value not in brief.banned)
    return tuple(dict.fromkeys((*named, *before.stirs)))


def _sounds(brief: Brief, reading: Reading, before: Shot) -> tuple[str, ...]:
    """What is to be heard. Music goes on over a cut, and what stands before all shots is heard in each."""
    lasting = (name for name in before.sounds if name in MUSIC or not before.prompt)
    named = (name for name in read_sounds(reading) if name not in brief.banned)
    return tuple(dict.fromkeys((*named, *lasting)))


def _subjects(brief: Brief, cast: Cast, before: Sequence[Subject]) -> tuple[Subject, ...]:
    """Who is in a shot. One that names nobody goes on with those before, doing what it now says they do."""
    named = tuple(
        subject
        for subject in cast.subjects
        if subject.noun not in brief.banned and subject.image not in brief.lenders
    )
    if not before or (named and not cast.refers_back):
        return named
    lead = replace(before[0], action=cast.loose_action or before[0].action)
    known = {lead.noun, *(subject.noun for subject in before)}
    others = before[1:] if not named else ()
    everybody = (lead, *others, *(subject for subject in named if subject.noun not in known))
    return tuple(where_it_can_be(subject, everybody) for subject in everybody)


def where_it_can_be(subject: Subject, everybody: Sequence[Subject]) -> Subject:
    """Without its relation to something that is not in this shot any more."""
    present = {other.noun for other in everybody}
    away = subject.relation is not None and not present.issuperset(subject.relation.to)
    return replace(subject, relation=None) if away else subject


def _with_pictures(brief: Brief, shots: Sequence[Shot], shared: Sequence[int]) -> tuple[Shot, ...]:
    whole = read(brief.request.prompt)
    if brief.kind is JobKind.ANIMATE and is_sequence(brief.request, whole):
        return covered(sequence(brief.request, whole, shots), brief.shown)
    if brief.kind is JobKind.ANIMATE:
        return covered(opened_and_closed(brief.request, shots), brief.shown)
    sent = brief.shown
    named = [number for shot in shots for number in shot.images] + list(shared)
    everywhere = tuple(number for number in shared if number in sent) if named else tuple(sent)
    placed: list[Shot] = []
    for shot in shots:
        own = shot.images or (placed[-1].images if placed and not everywhere else ())
        placed.append(replace(shot, images=tuple(dict.fromkeys((*everywhere, *own)))))
    return covered(placed, sent)


def opened_and_closed(request: VideoRequest, shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """Every shot starts from the opening picture and the last one lands on the closing picture."""
    ends = end_pictures(request)
    opened = [replace(shot, images=ends[:1]) for shot in shots]
    opened[-1] = replace(opened[-1], images=ends)
    return tuple(opened)


def covered(shots: Sequence[Shot], sent: Sequence[int]) -> tuple[Shot, ...]:
    """Pictures that no shot uses go to the first."""
    used = {number for shot in shots for number in shot.images}
    unused = tuple(number for number in sent if number not in used)
    return (replace(shots[0], images=(*shots[0].images, *unused)), *shots[1:])
