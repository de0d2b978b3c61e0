"""What a prompt asks for that no engine here can do, in sentences for the result's warnings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice, takewhile

from omnireel.director.lettering import read_lettering
from omnireel.director.reading import Mention, Reading
from omnireel.director.vocabulary import Topic
from omnireel.models import JobKind, VideoRequest

MOST_SENTENCES = 8
_EXCERPT = 60
"""Characters of the prompt that a sentence quotes."""

_ANYWHERE = {
    Topic.IDENTITY: "Changing who somebody is, or a face, is not possible",
    Topic.SPEECH: "Speech and lip movement cannot be made",
    Topic.LETTERING: "Lettering cannot be set in the picture",
}
_OF_A_SOURCE = {
    Topic.EXTEND: "The source cannot be made longer",
}
_OPERATIONS = {
    Topic.REMOVE: "Things cannot be taken out of a picture",
    Topic.ADD: "Things cannot be put into a picture",
    Topic.REPLACE: "Things in a picture cannot be replaced",
}
_CHANGES = {
    Topic.COLOUR: "Only a thing that the prompt names can be recoloured by itself",
    Topic.ACTION: "What somebody or something in the source does cannot be changed",
    Topic.NOUN: "Things in a picture cannot be turned into others",
    Topic.PLACE: "Where the source plays cannot be changed",
    Topic.SETTING: "The background cannot be changed by itself",
}
_DOABLE = {
    Topic.STYLE, Topic.WEATHER, Topic.TIME, Topic.CAMERA, Topic.FRAMING, Topic.TWOS, Topic.RESTYLE,
    Topic.SPEED, Topic.STABILISE, Topic.BLUR, Topic.DESATURATE, Topic.SPLASH,
}  # fmt: skip
_LEADS_AN_ORDER = {"and", "then", "please", "to", "also", "just", "should", "must", "can", "you", "i", "want"}
_HEARD = ("sound", "music", "声", "音", "소리", "음악")
_LOOKS_OF_PLACES = {"neon-city"}


def unsupported(
    request: VideoRequest, reading: Reading, kind: JobKind, done: Collection[int] = ()
) -> tuple[str, ...]:
    """One sentence per impossible wish, at most MOST_SENTENCES, each once, quoting the prompt briefly.

    `done` are the first tokens of orders that edits carry out.
    """
    found = islice(_refusals(request, reading, kind, done), MOST_SENTENCES)
    return tuple(dict.fromkeys(found))


def _refusals(request: VideoRequest, reading: Reading, kind: JobKind, done: Collection[int]) -> Iterator[str]:
    for mention in _wishes(reading):
        if mention.first in done:
            continue
        if sentence := _refusal(reading, mention, kind):
            yield f'{sentence}: "{_excerpt(reading, mention)}".'
    yield from _about_sound(request, reading)


def _about_sound(request: VideoRequest, reading: Reading) -> list[str]:
    silent = not request.sound and not request.keep_original_sound
    asked = any(map(_asks_to_hear, _wishes(reading)))
    return ["The prompt asks for sound, but sound is off in this request."] if silent and asked else []


def _asks_to_hear(mention: Mention) -> bool:
    """ "the sound of waves" and 雨声 do; "a barking dog" may be only seen."""
    noise = mention.sense(Topic.NOISE) is not None and any(word in mention.text for word in _HEARD)
    return noise or mention.sense(Topic.SOUND) is not None


def _wishes(reading: Reading) -> Iterator[Mention]:
    """The mentions that ask for something: neither negated nor named as to be kept."""
    keeping = False
    for mention in reading.mentions:
        keeping = not mention.stop and (keeping or mention.sense(Topic.KEEP) is not None)
        if not keeping and not mention.negated:
            yield mention


def _refusal(reading: Reading, mention: Mention, kind: JobKind) -> str | None:
    topics = [sense.topic for sense in mention.senses if not _is_set(sense.topic, reading, kind)]
    plain = _ANYWHERE | (_OF_A_SOURCE if kind is JobKind.EDIT else {})
    if found := next((plain[topic] for topic in topics if topic in plain), None):
        return found
    if kind not in (JobKind.EDIT, JobKind.ANIMATE) or not _is_order(reading, mention):
        return None
    if found := next((_OPERATIONS[topic] for topic in topics if topic in _OPERATIONS), None):
        return None if _is_doable(reading, mention) and Topic.REMOVE not in topics else found
    return _refused_change(reading, mention) if Topic.CHANGE in topics and kind is JobKind.EDIT else None


def _is_set(topic: Topic, reading: Reading, kind: JobKind) -> bool:
    """Whether words about lettering, or a sign that "says" it, lead to a text that a composed scene shows."""
    composed = kind not in (JobKind.EDIT, JobKind.ANIMATE)
    return composed and topic in (Topic.LETTERING, Topic.SPEECH) and bool(read_lettering(reading.text))


def _is_order(reading: Reading, mention: Mention) -> bool:
    """English orders begin their clause ("and remove the car"); "they remove their hats" tells a story."""
    if mention.first == 0 or not mention.text.isascii():
        return True
    before = reading.tokens[mention.first - 1]
    return before.stop or before.reference is not None or before.text in _LEADS_AN_ORDER


def _rest_of_wish(reading: Reading, mention: Mention) -> Iterator[Mention]:
    """What a wish is about: the mentions up to a stop, or to where the next order begins."""
    return takewhile(
        lambda other: not other.stop and not _begins_order(reading, other), reading.after(mention)
    )


def _end_of_wish(reading: Reading, mention: Mention) -> int:
    """The token number at which a wish ends, words that lead the next order left out."""
    ends = (other.first for other in reading.after(mention) if other.stop or _begins_order(reading, other))
    end = next(ends, len(reading.tokens))
    while end - 1 > mention.last and reading.tokens[end - 1].text in _LEADS_AN_ORDER:
        end -= 1
    return end


def _begins_order(reading: Reading, mention: Mention) -> bool:
    orders = any(sense.topic in _OPERATIONS or sense.topic is Topic.CHANGE for sense in mention.senses)
    return orders and mention.text.isascii() and _is_order(reading, mention)


def _is_doable(reading: Reading, mention: Mention) -> bool:
    senses = [sense for other in _rest_of_wish(reading, mention) for sense in other.senses]
    return any(sense.topic in _DOABLE or sense.value in _LOOKS_OF_PLACES for sense in senses)


def _refused_change(reading: Reading, mention: Mention) -> str | None:
    if _is_doable(reading, mention):
        return None
    topics = {sense.topic for other in _rest_of_wish(reading, mention) for sense in other.senses}
    if not topics & {Topic.NOUN, Topic.PLACE, Topic.SETTING}:
        return None
    return next(sentence for topic, sentence in _CHANGES.items() if topic in topics)


def _excerpt(reading: Reading, mention: Mention) -> str:
    """The wish in the prompt's own words, cut at a word."""
    start = _start_of_wish(reading, mention)
    end = reading.tokens[_end_of_wish(reading, mention) - 1].end
    words = " ".join(reading.text[start:end].split())
    return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rpartition(' ')[0] or words[:_EXCERPT]} …"


def _start_of_wish(reading: Reading, mention: Mention) -> int:
    """Chinese names the object first ("把路人去掉"), so there the excerpt begins with the clause."""
    if mention.text.isascii():
        return mention.start
    stops = [other.last for other in reading.mentions if other.stop and other.last < mention.first]
    return reading.tokens[max(stops, default=-1) + 1].start
