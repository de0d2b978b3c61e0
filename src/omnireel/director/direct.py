"""The director's door: a request becomes a storyboard."""

from __future__ import annotations

from omnireel.director.edits import kept_words, read_edits
from omnireel.director.intent import job_kind
from omnireel.director.invention import read_inventions
from omnireel.director.limits import unsupported
from omnireel.director.reading import Reading, read
from omnireel.director.shots import names_shots
from omnireel.director.storyboard import Brief, compose
from omnireel.director.style_images import read_style_images, remarks_on_style
from omnireel.director.styles import asks_for_twos, read_styles
from omnireel.director.unknown import not_understood
from omnireel.models import JobKind, Storyboard, VideoRequest

_FROM_PICTURES = (JobKind.ANIMATE, JobKind.SUBJECTS)
_ONE_SHOT = "The prompt describes several shots, but multi_shot is off, so the clip has one."


def direct(request: VideoRequest) -> Storyboard:
    """Understand a request. Deterministic, in twelve languages, linear in the prompt; it never fails.

    A prompt in words the director does not know still gives a storyboard: one shot with nothing said.
    """
    reading = read(request.prompt)
    kind = job_kind(request, reading)
    style_images = read_style_images(reading, request, kind)
    if kind in _FROM_PICTURES and len(style_images) == len(request.images):
        # Pictures that lend nothing but their style leave a scene to be made from the words.
        kind = JobKind.TEXT
    wanted = read_edits(reading, kind)
    banned = _banned(request) | wanted.claimed
    if kind is JobKind.EDIT:
        banned |= kept_words(reading)
    inventions = read_inventions(reading, kind)
    refused = unsupported(request, reading, kind, wanted.done)
    return Storyboard(
        kind=kind,
        shots=compose(Brief(request, kind, banned, frozenset(style_images))),
        styles=read_styles(reading, kind, banned),
        on_twos=asks_for_twos(reading) and "on" not in banned,
        edits=wanted.edits,
        invented=inventions.looks,
        style_images=style_images,
        unsupported=(
            *_about_shots(request, kind),
            *(
                sentence
                for sentence in refused
                if not any(look.name in sentence for look in inventions.looks)
            ),
            *inventions.remarks,
            *not_understood(reading, kind),
            *remarks_on_style(reading, style_images),
        ),
    )


def _banned(request: VideoRequest) -> frozenset[str]:
    """Canonical words the negative prompt names, whether or not it says "no" to them again."""
    reading: Reading = read(request.negative_prompt or "")
    return frozenset(sense.value for mention in reading.mentions for sense in mention.senses)


def _about_shots(request: VideoRequest, kind: JobKind) -> tuple[str, ...]:
    if request.multi_shot:
        return ()
    return (_ONE_SHOT,) if kind is not JobKind.EDIT and names_shots(request.prompt) else ()
