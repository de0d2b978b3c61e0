"""What a request says about the whole clip, before there are shots."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from omnireel.director.edits import Wanted, kept_words, read_edits
from omnireel.director.intent import job_kind
from omnireel.director.invention import Inventions, read_inventions
from omnireel.director.reading import Reading, read
from omnireel.director.style_images import read_style_images
from omnireel.models import JobKind, VideoRequest

_FROM_PICTURES = (JobKind.ANIMATE, JobKind.SUBJECTS)


@dataclass(frozen=True)
class Understanding:
    """The inputs' roles decide most of it, so it holds whoever makes the shots."""

    request: VideoRequest
    reading: Reading
    kind: JobKind
    style_images: tuple[int, ...]
    wanted: Wanted
    inventions: Inventions
    banned: Collection[str]
    """Canonical words that are not to be in the clip, or that an edit has taken."""


def understand(request: VideoRequest) -> Understanding:
    """Never fails."""
    reading = read(request.prompt)
    kind = job_kind(request, reading)
    style_images = read_style_images(reading, request, kind)
    if kind in _FROM_PICTURES and len(style_images) == len(request.images):
        # Pictures that lend nothing but their style leave a scene to be made from the words.
        kind = JobKind.TEXT
    wanted = read_edits(reading, kind)
    kept = kept_words(reading) if kind is JobKind.EDIT else frozenset[str]()
    return Understanding(
        request=request,
        reading=reading,
        kind=kind,
        style_images=style_images,
        wanted=wanted,
        inventions=read_inventions(reading, kind),
        banned=_banned(request) | wanted.claimed | kept,
    )


def _banned(request: VideoRequest) -> frozenset[str]:
    """Canonical words the negative prompt names, whether or not it says "no" to them again."""
    reading = read(request.negative_prompt or "")
    return frozenset(sense.value for mention in reading.mentions for sense in mention.senses)
