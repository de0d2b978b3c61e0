"""What sort of job a request is: decided by its inputs, their roles, and only then by the wording."""

from __future__ import annotations

from omnireel.director.reading import Mention, Reading
from omnireel.director.sequence import is_one_morph, is_sequence
from omnireel.director.vocabulary import Topic
from omnireel.models import ImageRole, JobKind, MediaKind, VideoRequest, VideoRole

_ENDS = (ImageRole.FIRST_FRAME, ImageRole.LAST_FRAME)


def job_kind(request: VideoRequest, reading: Reading) -> JobKind:
    """The kind of a request whose whole prompt is `reading`."""
    if request.videos:
        return _video_kind(request, reading)
    if request.images:
        return _image_kind(request, reading)
    return JobKind.TEXT


def end_pictures(request: VideoRequest) -> tuple[int, ...]:
    """For an ANIMATE job: the 1-based picture that opens the clip, then the one that closes it, if any.

    A request that only has a last frame yields that one picture.
    """
    roles = request.image_types
    marked = [roles.index(role) + 1 for role in _ENDS if role in roles]
    if roles:
        return tuple(marked) or (1,)
    return (1, 2) if len(request.images) == 2 else (1,)


def _video_kind(request: VideoRequest, reading: Reading) -> JobKind:
    if request.video_type is not None:
        return JobKind.REFERENCE if request.video_type is VideoRole.REFERENCE else JobKind.EDIT
    return JobKind.REFERENCE if any(map(_borrows_video, reading.clauses())) else JobKind.EDIT


def _borrows_video(clause: tuple[Mention, ...]) -> bool:
    """Whether one clause both names the video and says to follow it: "the camera movement of @Video1"."""
    names_video = any(
        mention.sense(Topic.VIDEO) or (mention.reference and mention.reference.kind is MediaKind.VIDEO)
        for mention in clause
    )
    return names_video and any(mention.sense(Topic.REFERENCE) and not mention.negated for mention in clause)


def _image_kind(request: VideoRequest, reading: Reading) -> JobKind:
    if request.image_types:
        opens_or_closes = any(role in _ENDS for role in request.image_types)
        return JobKind.ANIMATE if opens_or_closes else JobKind.SUBJECTS
    if len(request.images) == 1:
        return JobKind.SUBJECTS if _recasts(reading) else JobKind.ANIMATE
    if is_sequence(request, reading):
        return JobKind.ANIMATE
    return JobKind.ANIMATE if is_one_morph(request, reading) else JobKind.SUBJECTS


def _recasts(reading: Reading) -> bool:
    """Whether one picture's subject is wanted somewhere else, rather than the picture itself."""
    return reading.has(Topic.CAST) and reading.has(Topic.PLACE) and not reading.has(Topic.ANIMATE)
