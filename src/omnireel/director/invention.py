"""Styles nobody has a recipe for: which words name one, and what they say it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from omnireel.director.reading import Reading
from omnireel.director.tokens import Token, words_of
from omnireel.director.vocabulary import Topic
from omnireel.models import InventedLook, JobKind

_MOST = 2
"""Invented looks of one prompt; more would bury each other."""
_REACH = 8
"""Tokens a style's name may have."""
_DENIAL_REACH = 4
_DENIALS = {"no", "not", "without", "never", "don't", "dont", "avoid", "不", "别", "非"}
_ARTICLES = {"a", "an", "the", "some", "pure", "solid", "real", "style", "look", "of", "like"}
_VAGUE = {
    "same", "own", "new", "different", "this", "that", "its", "any", "original", "free", "general", "my",
    "your",
    "one", "cinematic", "realistic", "photorealistic", "documentary", "modern", "beautiful", "artistic",
    "movie",
    "film", "hollywood", "natural", "life", "consistent", "overall", "visual",
}  # fmt: skip
"""Words that come with "style" and name none."""
_BREAKS = {
    "in", "on", "at", "while", "with", "for", "but", "keep", "keeping", "preserve", "preserving", "into",
    "to",
    "as", "it", "this", "that", "then", "is", "are", "make", "give", "use", "turn", "restyle", "video",
    "clip",
    "apply", "please", "from", "have", "has", "where", "so", "everything", "scene", "footage", "transform",
    "如", "用", "把", "将", "成", "为", "以", "按", "的", "改", "频", "要", "不", "别",
}  # fmt: skip


@dataclass(frozen=True)
class _Cue:
    """Words before or after which a style's name stands."""

    words: tuple[str, ...]
    leads: bool
    stuff: bool = False
    """Whether what is named must be a material: "turn it into a dog" names no style."""


def _cues(phrases: str, *, leads: bool, stuff: bool = False) -> Iterator[_Cue]:
    return (_Cue(words_of(phrase), leads, stuff) for phrase in phrases.split("|"))


_OF_STYLES = (
    *_cues("in the style of|in a style of|with the look of|in the manner of", leads=True),
    *_cues("style|aesthetic|风格|画风", leads=False),
)
_OF_STUFF = (
    *_cues(
        "made of|made out of|made from|made entirely of|carved from|carved out of|carved in|cast in|built of"
        "|sculpted from|sculpted in|woven from|knitted from|rendered in|turn it into|turn this into"
        "|turn everything into|turn the video into|turn this video into|turn the scene into"
        "|turn the clip into"
        "|transform it into|transform this into|transform everything into|transform the video into|look like"
        "|looks like|restyle it as|restyle this as|restyle as|restyle the video as|restyle it in"
        "|as if made of"
        "|变成|变为|做成|转成|改成|用",
        leads=True,
        stuff=True,
    ),
    *_cues("look|texture|textured|material|质感|材质|做的|制成|雕刻|做成|雕塑", leads=False, stuff=True),
)


@dataclass(frozen=True)
class Inventions:
    """The looks to make up, and a sentence on each for the result's warnings."""

    looks: tuple[InventedLook, ...] = ()
    remarks: tuple[str, ...] = ()


def read_inventions(reading: Reading, kind: JobKind) -> Inventions:
    """Unknown styles of a text, at most two. In a composed scene only what is called a style counts: there,
    what something is made of describes that thing."""
    repaints = kind in (JobKind.EDIT, JobKind.ANIMATE)
    cues = (*_OF_STYLES, *_OF_STUFF) if repaints else _OF_STYLES
    looks: dict[str, InventedLook] = {}
    seen: set[int] = set()
    for cue, first, last in _named(reading, cues):
        span = set(range(first, last))
        if not span or span & seen or _is_known(reading, first, last):
            continue
        look = _look(reading, first, last)
        if look.materials or (not cue.stuff and _says_something(reading, first, last)):
            seen |= span
            looks.setdefault(look.name, look)
    kept = tuple(looks.values())[:_MOST]
    return Inventions(
        tuple(look for look in kept if look.materials or look.colours), tuple(_remark(look) for look in kept)
    )


def _named(reading: Reading, cues: Sequence[_Cue]) -> Iterator[tuple[_Cue, int, int]]:
    """Each cue with the tokens, from `first` up to `last`, that a style may be named in."""
    texts = [token.text for token in reading.tokens]
    for place in range(len(texts)):
        for cue in cues:
            end = place + len(cue.words)
            if tuple(texts[place:end]) != cue.words:
                continue
            first, last = _after(reading.tokens, end) if cue.leads else _before(reading.tokens, place)
            if not _denied(reading.tokens, min(place, first)):
                yield cue, first, last


def _denied(tokens: Sequence[Token], place: int) -> bool:
    before: list[str] = []
    for token in reversed(tokens[max(0, place - _DENIAL_REACH) : place]):
        if token.stop:
            break
        before.append(token.text)
    return bool(_DENIALS & set(before))


def _after(tokens: Sequence[Token], place: int) -> tuple[int, int]:
    first = place
    while first < len(tokens) and tokens[first].text in _ARTICLES:
        first += 1
    last = first
    while last < len(tokens) and last - first < _REACH and _is_part(tokens[last]):
        last += 1
    return first, last


def _before(tokens: Sequence[Token], place: int) -> tuple[int, int]:
    first = place
    while first > 0 and place - first < _REACH and _is_part(tokens[first - 1]):
        first -= 1
    while first < place and tokens[first].text in _ARTICLES:
        first += 1
    return first, place


def _is_part(token: Token) -> bool:
    return not token.stop and token.reference is None and token.text not in _BREAKS | _DENIALS


def _is_known(reading: Reading, first: int, last: int) -> bool:
    """Whether the words hold a style that there is, or an hour or weather that is one."""
    known = {Topic.STYLE, Topic.TIME, Topic.WEATHER, Topic.TWOS, Topic.RESTYLE}
    return any(
        sense.topic in known
        for mention in reading.mentions
        if mention.first < last and mention.last >= first
        for sense in mention.senses
    )


def _look(reading: Reading, first: int, last: int) -> InventedLook:
    tokens = reading.tokens[first:last]
    found, used = _materials([token.text for token in tokens])
    colours = [
        sense.value
        for mention in reading.mentions
        if first <= mention.first < last
        and not used & set(range(mention.first - first, mention.last + 1 - first))
        if (sense := mention.sense(Topic.COLOUR))
    ]
    name = reading.text[tokens[0].start : tokens[-1].end] if tokens else ""
    return InventedLook(" ".join(name.split()), tuple(dict.fromkeys(found)), tuple(dict.fromkeys(colours)))


def _materials(texts: Sequence[str]) -> tuple[list[str], set[int]]:
    """Materials in order, the longest form at each place, and the numbers of the words used."""
    known, found, used, place = materials(), [], set(), 0
    while place < len(texts):
        for length in range(min(4, len(texts) - place), 0, -1):
            if name := known.get(tuple(texts[place : place + length])):
                found.append(name)
                used |= set(range(place, place + length))
                break
        else:
            length = 1
        place += length
    return found, used


@cache
def materials() -> dict[tuple[str, ...], str]:
    """Every form of every material, as token texts, with its canonical name."""
    lines = (
        resources.files("omnireel.director").joinpath("lexicon/materials.txt").read_text("utf-8").splitlines()
    )
    entries = (line.split(" = ") for line in lines if " = " in line)
    return {words_of(form): name for name, forms in entries for form in forms.split(", ")}


def _says_something(reading: Reading, first: int, last: int) -> bool:
    """A name has a word in it that is no mere small word: "the same style" names nothing."""
    texts = {token.text for token in reading.tokens[first:last]}
    return bool(texts - _ARTICLES) and not texts & _VAGUE


def _remark(look: InventedLook) -> str:
    parts = [
        *(f"the material {name}" for name in look.materials),
        *(f"the colour {name}" for name in look.colours),
    ]
    if not parts:
        return f'There is no style called "{look.name}", and its words name no material or colour.'
    return f'There is no style called "{look.name}"; it was made up from {" and ".join(parts)}.'
