"""From a script to the storyboard that engines know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from omnireel.director.direct import impossible
from omnireel.director.lettering import read_lettering
from omnireel.director.reading import read
from omnireel.director.script.bounds import Bounds, bounds_of, check_bounds
from omnireel.director.script.shape import Script, ScriptShot, ScriptSubject, read_script
from omnireel.director.storyboard import covered, opened_and_closed, where_it_can_be
from omnireel.director.style_images import remarks_on_style
from omnireel.director.styles import asks_for_twos, ordered_styles
from omnireel.director.subjects import read_cast
from omnireel.director.understanding import Understanding, understand
from omnireel.director.vocabulary import Topic
from omnireel.models import JobKind, Shot, Storyboard, Subject, Transition, VideoRequest


def scripted(request: VideoRequest, text: str) -> Storyboard:
    """The storyboard of a request by a language model's script. Deterministic for the two.

    What the inputs decide, and what the request rules out, holds whatever the script says. Raises
    UnusableScript when the text is no script for this request.
    """
    said = understand(request)
    bounds = bounds_of(said)
    script = read_script(text)
    check_bounds(script, bounds)
    styles = ordered_styles(script.styles, said.kind, said.banned)
    return Storyboard(
        kind=said.kind,
        shots=_shots(said, bounds, script),
        styles=styles,
        on_twos=asks_for_twos(said.reading) and "on" not in said.banned,
        edits=said.wanted.edits,
        # A look that is known stands in for one made up from the same words.
        invented=() if styles else said.inventions.looks,
        style_images=said.style_images,
        unsupported=(
            *impossible(said),
            *(() if styles else said.inventions.remarks),
            *remarks_on_style(said.reading, said.style_images),
        ),
    )


def _shots(said: Understanding, bounds: Bounds, script: Script) -> tuple[Shot, ...]:
    shots = [_shot(said, bounds, shot) for shot in script.shots]
    shots[0] = replace(shots[0], transition=Transition.CUT)
    if said.kind is JobKind.ANIMATE and not bounds.sequence:
        shots = list(covered(opened_and_closed(said.request, shots), bounds.shown))
    said_somewhere = {text for shot in shots for text in shot.lettering}
    unsaid = (text for text in read_lettering(said.request.prompt) if text not in said_somewhere)
    return (replace(shots[0], lettering=(*unsaid, *shots[0].lettering)), *shots[1:])


def _shot(said: Understanding, bounds: Bounds, shot: ScriptShot) -> Shot:
    reading = read(shot.prompt)
    return Shot(
        prompt=shot.prompt,
        share=shot.seconds,
        camera=None if shot.camera in said.banned else shot.camera,
        framing=shot.framing,
        place=None if shot.place in said.banned else shot.place,
        time_of_day=None if shot.time_of_day in said.banned else shot.time_of_day,
        weather=None if shot.weather in said.banned else shot.weather,
        subjects=_subjects(said, bounds, shot),
        images=tuple(number for number in shot.images if number in bounds.shown),
        transition=shot.transition,
        lettering=tuple(
            text for text in read_lettering(shot.prompt) if text in read_lettering(said.request.prompt)
        ),
        sounds=tuple(dict.fromkeys(sound for sound in shot.sounds if sound not in said.banned)),
        mood=None if shot.mood in said.banned else shot.mood,
        stirs=tuple(
            dict.fromkeys(
                sense.value for sense in reading.senses(Topic.STIR) if sense.value not in said.banned
            )
        ),
    )


def _subjects(said: Understanding, bounds: Bounds, shot: ScriptShot) -> tuple[Subject, ...]:
    """Those whose nouns are known; where each is in relation to others, the shot's prompt tells."""
    read_of = read_cast(read(shot.prompt), images=0, unnamed=False).subjects
    relations = {subject.noun: subject.relation for subject in read_of}
    known = [
        replace(subject, relation=relations.get(subject.noun))
        for subject in _known(shot.subjects, bounds)
        if subject.noun not in said.banned
    ]
    return tuple(where_it_can_be(subject, known) for subject in known)


def _known(subjects: tuple[ScriptSubject, ...], bounds: Bounds) -> Iterator[Subject]:
    for subject in subjects:
        named = read_cast(read(subject.noun), images=0, unnamed=False).subjects
        if named:
            yield Subject(
                noun=named[0].noun,
                count=subject.count,
                colour=subject.colour or named[0].colour,
                action=subject.action or named[0].action,
                image=subject.image if subject.image in bounds.shown else None,
                size=subject.size or named[0].size,
            )
