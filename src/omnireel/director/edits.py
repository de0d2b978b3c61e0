"""Which changes to a source video a prompt asks for that leave it what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from omnireel.director.reading import Mention, Reading
from omnireel.director.vocabulary import Topic
from omnireel.models import Edit, EditKind, JobKind

_ORDERS = (Topic.CHANGE, Topic.REPLACE, Topic.ADD)
_SKY = "sky"
_MONOCHROME = "noir"
_COLOUR_WORDS = {"color", "colour", "colors", "colours", "coloured", "colored", "颜", "彩"}
_BLACK_AND_WHITE = ("black", "and", "white")
_BESIDE = {"的", "色", "a", "an", "one", "and"}
"""What may stand between a colour and the noun it describes."""
_TIMES = re.compile(r"(?<![0-9.])([0-9]{1,2}(?:\.[0-9]{1,2})?) ?(?:x(?![a-z])|×|times|倍)", re.IGNORECASE)
_HALVES = {"quarter speed": 0.25}
_USUAL = {"slow": 0.5, "fast": 2.0, "lapse": 4.0}
_SLOWEST, _FASTEST = 0.25, 8.0


@dataclass(frozen=True)
class Wanted:
    """The edits of a prompt in the order they apply.

    `claimed` are canonical words that belong to them and ask for nothing more; `done` the first tokens of the
    orders they carry out.
    """

    edits: tuple[Edit, ...] = ()
    claimed: frozenset[str] = frozenset()
    done: frozenset[int] = frozenset()


def read_edits(reading: Reading, kind: JobKind) -> Wanted:
    """What is to be done to the source video of an EDIT job; nothing in any other."""
    if kind is not JobKind.EDIT:
        return Wanted()
    kept = _kept(reading)
    found = [*_steadiness(reading, kept), *_time(reading, kept), *_orders(reading, kept)]
    found += [*_colour_splash(reading), *_blur(reading, kept)]
    edits = tuple(dict.fromkeys(change.edit for change in found))
    claimed = frozenset(word for change in found for word in change.claims)
    return Wanted(edits, claimed, frozenset(change.order for change in found))


def kept_words(reading: Reading) -> frozenset[str]:
    """Canonical words that only say what is to stay as it is: "keep the slow pan"."""
    kept = _kept(reading)
    said = [mention for mention in reading.mentions if mention.first in kept]
    others = {sense.value for m in reading.mentions if m.first not in kept for sense in m.senses}
    return frozenset(sense.value for mention in said for sense in mention.senses) - others


@dataclass(frozen=True)
class _Change:
    edit: Edit
    order: int
    claims: frozenset[str] = frozenset()


def _kept(reading: Reading) -> frozenset[int]:
    """First tokens of the mentions named as to be kept."""
    kept: set[int] = set()
    keeping = False
    for mention in reading.mentions:
        keeping = not mention.stop and (keeping or mention.sense(Topic.KEEP) is not None)
        if keeping:
            kept.add(mention.first)
    return frozenset(kept)


def _asking(reading: Reading, kept: frozenset[int], topic: Topic) -> Iterator[Mention]:
    for mention in reading.mentions:
        if mention.sense(topic) and not mention.negated and mention.first not in kept:
            yield mention


def _steadiness(reading: Reading, kept: frozenset[int]) -> Iterator[_Change]:
    for mention in _asking(reading, kept, Topic.STABILISE):
        yield _Change(Edit(EditKind.STABILISE), mention.first)


def _blur(reading: Reading, kept: frozenset[int]) -> Iterator[_Change]:
    for mention in _asking(reading, kept, Topic.BLUR):
        yield _Change(Edit(EditKind.BLUR_BACKGROUND), mention.first)


def _time(reading: Reading, kept: frozenset[int]) -> Iterator[_Change]:
    for mention in _asking(reading, kept, Topic.SPEED):
        sense = mention.sense(Topic.SPEED)
        if sense is None:
            continue
        if sense.value == "reverse":
            yield _Change(Edit(EditKind.REVERSE), mention.first)
        else:
            factor = _factor(reading, mention, sense.value)
            yield _Change(Edit(EditKind.SPEED, factor=factor), mention.first)


def _factor(reading: Reading, mention: Mention, pace: str) -> float:
    """How many times as fast: as the sentence says in figures, else what the words usually mean."""
    said = _TIMES.search(reading.text)
    if said is None or float(said[1]) <= 0:
        return _HALVES.get(mention.text, _USUAL[pace])
    number = float(said[1])
    slows = pace == "slow" and number > 1
    return min(max(1 / number if slows else number, _SLOWEST), _FASTEST)


def _orders(reading: Reading, kept: frozenset[int]) -> Iterator[_Change]:
    """Recolouring and new skies: "make the red car blue", 把天空换成晚霞."""
    spent: set[int] = set()
    for mention in reading.mentions:
        ordered = any(mention.sense(topic) for topic in _ORDERS) and not mention.negated
        if ordered and mention.first not in kept and mention.first not in spent:
            segment = _segment(reading, mention)
            spent |= {other.first for other in segment}
            changes = [*_new_sky(mention, segment), *_recolours(reading, mention, segment)]
            yield from changes
            if changes:
                # A second verb in the same wish asks for nothing else: 让花变成紫色.
                yield from (replace(changes[0], order=other.first) for other in segment if _is_order(other))


def _is_order(mention: Mention) -> bool:
    return any(mention.sense(topic) for topic in _ORDERS)


def _segment(reading: Reading, order: Mention) -> list[Mention]:
    """The mentions an order is about. Chinese names them before the verb too."""
    later = list(takewhile(lambda other: not other.stop, reading.after(order)))
    if order.text.isascii():
        return [order, *later]
    before = [other for other in reading.mentions if other.first < order.first]
    earlier = list(takewhile(lambda other: not other.stop, reversed(before)))[::-1]
    return [*earlier, order, *later]


def _new_sky(order: Mention, segment: Sequence[Mention]) -> Iterator[_Change]:
    skies = [mention for mention in segment if _is_sky(mention)]
    values = [mention for mention in segment if mention.sense(Topic.SKY) and mention not in skies]
    if not skies:
        values = _plainly_a_sky(order, segment)
    after = [value for value in values if not skies or value.first > skies[0].first] or values
    for value in after[:1]:
        sense = value.sense(Topic.SKY)
        claims = frozenset(sense.value for mention in values for sense in mention.senses)
        if sense:
            yield _Change(Edit(EditKind.SKY, _SKY, value=sense.value), order.first, claims)


def _plainly_a_sky(order: Mention, segment: Sequence[Mention]) -> list[Mention]:
    """ "换成晚霞" and "add an aurora" mean the sky without saying so."""
    following = [m for m in segment if m.first > order.first and (m.sense(Topic.SKY) or _noun(m))][:1]
    wanted = [m for m in following if (m.sense(Topic.SKY) and order.sense(Topic.REPLACE)) or _only_sky(m)]
    named = any(_noun(mention) for mention in segment if mention not in wanted)
    return [] if named else wanted


def _only_sky(mention: Mention) -> bool:
    sense = mention.sense(Topic.SKY)
    return sense is not None and sense.value == "aurora"


def _is_sky(mention: Mention) -> bool:
    setting = mention.sense(Topic.SETTING)
    return setting is not None and setting.value == _SKY


def _noun(mention: Mention) -> str | None:
    if _is_sky(mention):
        return _SKY
    noun = mention.sense(Topic.NOUN)
    return noun.value if noun else None


def _recolours(reading: Reading, order: Mention, segment: Sequence[Mention]) -> Iterator[_Change]:
    """A thing and, after it, the colour it should have. A colour before the thing is the one it has."""
    target: str | None = None
    source: str | None = None
    leaving = False
    black_and_white = _black_and_white(reading)
    for place, mention in enumerate(segment):
        colour, noun = mention.sense(Topic.COLOUR), _noun(mention)
        if mention.sense(Topic.FROM):
            leaving = True
        elif colour and (leaving or _describes(reading, segment, place)):
            source, leaving = colour.value, False
        elif (
            colour
            and mention not in black_and_white
            and (target := target or _unknown(reading, order, mention))
        ):
            edit = Edit(EditKind.RECOLOUR, target, source, colour.value)
            yield _Change(edit, order.first)
            target = source = None
        elif noun:
            target = noun


def _describes(reading: Reading, segment: Sequence[Mention], place: int) -> bool:
    """Whether a colour stands directly before a noun."""
    following = [other for other in segment[place + 1 :] if not other.sense(Topic.ADJECTIVE)][:1]
    if not following or not _noun(following[0]):
        return False
    return all(text in _BESIDE - {"and", "one"} for text in reading.between(segment[place], following[0]))


def _unknown(reading: Reading, order: Mention, colour: Mention) -> str | None:
    """A thing the lexicon does not know, in the prompt's own word: "paint the gizmo blue"."""
    between = [text for text in reading.between(order, colour) if text.isascii() and len(text) > 2]
    words = [text for text in between if text not in _COLOUR_WORDS | {"the", "its", "all", "into", "look"}]
    return words[-1] if words and words[-1].isalpha() else None


def _colour_splash(reading: Reading) -> Iterator[_Change]:
    """Colour taken out of everything, or of everything but one thing."""
    grey = [mention for mention in reading.mentions if mention.sense(Topic.DESATURATE)]
    splash = [mention for mention in reading.mentions if mention.sense(Topic.SPLASH)]
    grey += _black_and_white(reading)
    mono = [m for m in reading.mentions if (s := m.sense(Topic.STYLE)) and s.value == _MONOCHROME]
    spared = _spared(reading, reading.mentions, bool(splash or mono or grey))
    asked = [*splash, *grey, *(mono if spared else ())]
    if asked and (spared or grey):
        thing, colour = spared or (None, None)
        edit = Edit(EditKind.DESATURATE, thing, colour)
        for order in (asked[0], *_orders_before(reading, asked[0])):
            yield _Change(edit, order.first, frozenset({_MONOCHROME}))


def _orders_before(reading: Reading, asked: Mention) -> list[Mention]:
    """The verb that leads to what is asked for: "make it black and white"."""
    before = [mention for mention in reading.mentions if mention.first < asked.first]
    clause = takewhile(lambda other: not other.stop, reversed(before))
    return [mention for mention in clause if mention.sense(Topic.CHANGE)]


def _black_and_white(reading: Reading) -> list[Mention]:
    """ "black and white" of the whole picture, not of "a black and white cat"."""
    found = []
    for place, (black, joint, white) in enumerate(
        zip(*(reading.mentions[n:] for n in range(3)), strict=False)
    ):
        words = (black.text, joint.text, white.text)
        if words == _BLACK_AND_WHITE and not _describes(reading, reading.mentions, place + 2):
            found += [black, white]
    return found


def _spared(reading: Reading, mentions: Sequence[Mention], asked: object) -> tuple[str, str | None] | None:
    """The thing that keeps its colour, and which colour that is."""
    marks = [m for m in mentions if m.sense(Topic.EXCEPT) or m.sense(Topic.SPLASH)]
    marks += [m for m in mentions if m.sense(Topic.KEEP) and _says_colour(reading, m)]
    if not asked or not marks:
        return None
    return _first_thing(mention for mention in mentions if mention.first > marks[0].first)


def _says_colour(reading: Reading, keep: Mention) -> bool:
    return any(token.text in _COLOUR_WORDS for token in reading.tokens[keep.last + 1 :])


def _first_thing(mentions: Iterable[Mention]) -> tuple[str, str | None] | None:
    colour: str | None = None
    for mention in mentions:
        if noun := _noun(mention):
            return noun, colour
        sense = mention.sense(Topic.COLOUR)
        colour = sense.value if sense else colour
    return None
