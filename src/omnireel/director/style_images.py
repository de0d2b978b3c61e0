"""Which of the request's pictures lend their palette and texture rather than what they show."""

from __future__ import annotations

from collections.abc import Iterator

from omnireel.director.reading import Reading
from omnireel.director.vocabulary import Topic
from omnireel.models import JobKind, MediaKind, VideoRequest

_REACH = 6
"""Tokens between a picture and the word that says its style is meant."""
_WORDS = {
    "style", "styles", "styled", "look", "palette", "colours", "colors", "aesthetic", "texture", "textures",
    "grading", "grade", "tones", "brushwork", "artwork", "tonality",
}  # fmt: skip
_SIGNS = ("风格", "画风", "色调", "配色", "调色", "质感", "色彩", "笔触")
_OTHER_ROLES = {Topic.ADD, Topic.REPLACE, Topic.IDENTITY, Topic.CAST, Topic.REMOVE}
_LENT = "No role was named for a picture sent along with the video, so it lends the video its style."


def read_style_images(reading: Reading, request: VideoRequest, kind: JobKind) -> tuple[int, ...]:
    """1-based numbers of the pictures whose style is asked for, or, when a video is repainted and the prompt
    gives a picture nothing else to do, whose style is all they can give."""
    sent = range(1, len(request.images) + 1)
    named = tuple(number for number in dict.fromkeys(_named(reading)) if number in sent)
    if named or kind is not JobKind.EDIT:
        return named
    return () if any(_has_other_role(reading, number) for number in sent) else tuple(sent)


def remarks_on_style(reading: Reading, images: tuple[int, ...]) -> tuple[str, ...]:
    """A sentence when pictures lend their style unasked."""
    return (_LENT,) if images and not set(images) & set(_named(reading)) else ()


def _named(reading: Reading) -> Iterator[int]:
    for place, token in enumerate(reading.tokens):
        if token.reference and token.reference.kind is MediaKind.IMAGE and _is_style(reading, place):
            yield token.reference.number


def _is_style(reading: Reading, place: int) -> bool:
    before = _clause(reading, place, -1)
    after = _clause(reading, place, 1)
    joined = "".join(reversed(before)) + " " + "".join(after)
    return bool(_WORDS & {*before, *after[:3]}) or any(sign in joined for sign in _SIGNS)


def _clause(reading: Reading, place: int, step: int) -> list[str]:
    """The words next to a place in one direction, up to a mark, another reference, or as far as matters."""
    words: list[str] = []
    place += step
    while 0 <= place < len(reading.tokens) and len(words) < _REACH:
        token = reading.tokens[place]
        if token.stop or token.reference:
            break
        words.append(token.text)
        place += step
    return words


def _has_other_role(reading: Reading, number: int) -> bool:
    for clause in reading.clauses():
        names_it = any(mention.reference and mention.reference.number == number for mention in clause)
        topics = {sense.topic for mention in clause for sense in mention.senses}
        if names_it and topics & _OTHER_ROLES:
            return True
    return False
