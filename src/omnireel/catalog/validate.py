"""A decoded body becomes a `VideoRequest`, or the first rule it breaks becomes an error."""

from __future__ import annotations

from omnireel.catalog.model import Model, Terms, strangers
from omnireel.catalog.rules import Body, Rule
from omnireel.errors import InvalidRequest
from omnireel.models import (
    AspectRatio,
    ImageRole,
    MediaKind,
    MediaRef,
    Mode,
    VideoRequest,
    VideoRole,
)

DEFAULT_DURATION = 5
"""Seconds, where no source video sets the length."""


def validate(model: Model, body: Body, terms: Terms) -> VideoRequest:
    """Judge a body by the model's table.

    Strings in `images` and `videos` go as they are into the request's references, so a caller may send
    placeholders through here and keep the media themselves elsewhere. Raises InvalidRequest with the field
    and the rule's id.
    """
    table = model.table(terms)
    known = frozenset(rule.field for rule in table)
    present = {name: value for name, value in body.items() if value is not None or name not in known}
    for rule in table:
        _judge(rule, present)
    return _request(model.slug, _Reader(present), strangers(present, known))


def _judge(rule: Rule, body: Body) -> None:
    try:
        rule.check(body)
    except InvalidRequest as error:
        error.field = error.field or rule.field
        error.rule = error.rule or rule.id
        raise


class _Reader:
    """Typed looks into a body that has passed its table."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def text(self, name: str) -> str | None:
        value = self._body.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        value = self._body.get(name)
        return int(value) if isinstance(value, int | float) else None

    def flag(self, name: str) -> bool:
        return self._body.get(name) is True

    def words(self, name: str) -> tuple[str, ...]:
        value = self._body.get(name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def media(self, name: str, kind: MediaKind) -> tuple[MediaRef, ...]:
        return tuple(MediaRef(kind, uri) for uri in self.words(name))


def _request(slug: str, read: _Reader, unknown: tuple[str, ...]) -> VideoRequest:
    videos = read.media("videos", MediaKind.VIDEO)
    shape, video_type = read.text("aspect_ratio"), read.text("video_type")
    return VideoRequest(
        model=slug,
        prompt=read.text("prompt") or "",
        images=read.media("images", MediaKind.IMAGE),
        videos=videos,
        sound=read.text("sound") == "on",
        mode=Mode(read.text("mode") or Mode.PRO),
        aspect_ratio=AspectRatio(shape) if shape else _default_shape(videos),
        duration=None if videos else read.number("duration") or DEFAULT_DURATION,
        multi_shot=read.flag("multi_shot"),
        seed=read.number("seed"),
        negative_prompt=read.text("negative_prompt"),
        image_types=tuple(ImageRole(word) for word in read.words("image_types")),
        video_type=VideoRole(video_type) if video_type else None,
        keep_original_sound=read.flag("keep_original_sound"),
        engine=read.text("engine"),
        notes=tuple(f"the unknown field {name!r} was ignored" for name in unknown),
    )


def _default_shape(videos: tuple[MediaRef, ...]) -> AspectRatio | None:
    """A source video keeps its own shape; everything else is wide."""
    return None if videos else AspectRatio.WIDE
