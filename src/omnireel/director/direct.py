"""The director's door: a request becomes a storyboard."""

from __future__ import annotations

from omnireel.director.limits import unsupported
from omnireel.director.shots import names_shots
from omnireel.director.storyboard import Brief, compose
from omnireel.director.style_images import remarks_on_style
from omnireel.director.styles import asks_for_twos, read_styles
from omnireel.director.understanding import Understanding, understand
from omnireel.director.unknown import not_understood
from omnireel.models import JobKind, Storyboard, VideoRequest

_ONE_SHOT = "The prompt describes several shots, but multi_shot is off, so the clip has one."


def direct(request: VideoRequest) -> Storyboard:
    """Understand a request. Deterministic, in twelve languages, linear in the prompt; it never fails.

    A prompt in words the director does not know still gives a storyboard: one shot with nothing said.
    """
    said = understand(request)
    reading, kind, banned = said.reading, said.kind, said.banned
    return Storyboard(
        kind=kind,
        shots=compose(Brief(request, kind, banned, frozenset(said.style_images))),
        styles=read_styles(reading, kind, banned),
        on_twos=asks_for_twos(reading) and "on" not in banned,
        edits=said.wanted.edits,
        invented=said.inventions.looks,
        style_images=said.style_images,
        unsupported=(
            *impossible(said),
            *said.inventions.remarks,
            *not_understood(reading, kind),
            *remarks_on_style(reading, said.style_images),
        ),
    )


def impossible(said: Understanding) -> tuple[str, ...]:
    """Sentences naming what no engine here can do, whoever makes the shots."""
    request = said.request
    refused = unsupported(request, said.reading, said.kind, said.wanted.done)
    invented = said.inventions.looks
    return (
        *_about_shots(request, said.kind),
        *(sentence for sentence in refused if not any(look.name in sentence for look in invented)),
    )


def _about_shots(request: VideoRequest, kind: JobKind) -> tuple[str, ...]:
    if request.multi_shot:
        return ()
    return (_ONE_SHOT,) if kind is not JobKind.EDIT and names_shots(request.prompt) else ()
