"""Reads the subjects of a text: nouns with their counts, colours, actions and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from omnireel.director.languages import Language
from omnireel.director.placing import Placing
from omnireel.director.reading import Mention, Reading
from omnireel.director.unknown import worn_nouns
from omnireel.director.vocabulary import Meaning, Topic
from omnireel.models import MediaKind, Relation, Subject

MOST_SUBJECTS = 12
"""Per shot; more could not be told apart in a picture."""
MOST_OF_A_KIND = 24
UNNAMED = "subject"
"""The noun of a subject known only by its picture."""

_PART = "part"
_UNCOUNTED_PLURAL = 3
_ADJECTIVE_REACH = 2
"""Unknown words that may stand between a count or colour and its noun."""
_AGENTS = {"person", "animal", "vehicle"}
_SENTENCE_ENDS = set(".!?;。!?;\n")
_GENDERS = {"woman": "female", "man": "male"}
_SKINS = {"black": "dark-skinned", "brown": "medium-skinned", "white": "light-skinned"}
_PLAIN_PEOPLE = {"person", "man", "woman", "boy", "girl", "child", "baby", "old man", "old woman"}
_ADJECTIVES_FOLLOW = {
    Language.ARABIC, Language.FRENCH, Language.INDONESIAN, Language.PORTUGUESE, Language.SPANISH,
}  # fmt: skip
_BELONGS = {"from", "in", "of", "shown", "the", "(", "as", "named", "called"}
_NAME_REACH = 4
"""Tokens between a picture and the noun that says what it shows."""


@dataclass
class _Draft:
    """A subject being read. Lives only while its text is."""

    noun: str
    group: str
    count: int = 1
    colour: str | None = None
    action: str | None = None
    image: int | None = None
    size: str | None = None
    relation: Relation | None = None
    last: int = -1
    """The token at which it was last named."""

    def finished(self) -> Subject:
        drives = self.group == "vehicle" and self.action == "run"
        action = "drive" if drives else self.action
        return Subject(
            self.noun, self.count, self.colour, action, self.image, size=self.size, relation=self.relation
        )


@dataclass
class _Modifiers:
    """What has been said before the noun it belongs to. Lives only while its text is read."""

    count: int | None = None
    colour: str | None = None
    action: str | None = None
    size: str | None = None
    traits: tuple[str, ...] = ()
    determined: bool = False
    last: int = -1


@dataclass(frozen=True)
class Cast:
    """Who is in a text. `loose_action` is one whose doer the text only hints at ("it runs").

    `refers_back` tells that the text speaks of somebody it does not name.
    """

    subjects: tuple[Subject, ...]
    loose_action: str | None = None
    refers_back: bool = False


def read_cast(reading: Reading, *, images: int, unnamed: bool) -> Cast:
    """The subjects of a text, at most MOST_SUBJECTS, same nouns merged.

    `images` is how many pictures were sent. With `unnamed`, a picture that no noun describes still becomes a
    subject, called UNNAMED.
    """
    reader = _CastReader(reading, images=images, unnamed=unnamed)
    for place in range(len(reading.mentions)):
        reader.take(place)
    agents = any(draft.group in _AGENTS for draft in reader.drafts)
    refers_back = not agents and (reading.has(Topic.PRONOUN) or reader.loose_action is not None)
    # A part is its owner's: "its eyes" shows the fox again.
    drafts = [draft for draft in reader.drafts if not (refers_back and draft.group == _PART)]
    return Cast(_merge(draft.finished() for draft in drafts), reader.loose_action, refers_back)


class _CastReader:
    """Walks the mentions of one text once, keeping what is open: modifiers, and doers that do nothing yet."""

    def __init__(self, reading: Reading, *, images: int, unnamed: bool) -> None:
        self.drafts: list[_Draft] = []
        self.loose_action: str | None = None
        self._mentions = reading.mentions
        self._images, self._unnamed = images, unnamed
        self._pictures = _named_pictures(reading, images)
        self._named = {picture.first for picture in self._pictures.values()}
        self._modifiers = _Modifiers()
        self._open: list[_Draft] = []
        self._joined = False
        self._placing = Placing()
        self._worn = worn_nouns(reading)
        self._adjectives_follow = any(language in _ADJECTIVES_FOLLOW for language in reading.languages)

    def take(self, place: int) -> None:
        mention = self._mentions[place]
        if mention.first - self._modifiers.last > _ADJECTIVE_REACH + 1:
            self._modifiers = _Modifiers()
        if mention.stop:
            self._end_clause(mention)
        elif mention.reference:
            if _is_picture(mention, self._images):
                self._take_picture(mention)
        elif not mention.negated:
            self._take_phrase(place, mention)

    def _end_clause(self, mention: Mention) -> None:
        self._modifiers = _Modifiers()
        self._placing.end_clause(sentence=mention.text in _SENTENCE_ENDS)
        if mention.text in _SENTENCE_ENDS:
            self._open = []

    def _take_picture(self, mention: Mention) -> None:
        if self._unnamed and mention.reference and mention.first not in self._named:
            self._add(_Draft(UNNAMED, "animal", image=mention.reference.number))

    def _take_phrase(self, place: int, mention: Mention) -> None:
        noun, action = mention.sense(Topic.NOUN), mention.sense(Topic.ACTION)
        if noun and mention.first in self._worn:
            self._modifiers = _Modifiers()
        elif noun and not (action and self._reads_as_verb()) and not self._modifies_next(place):
            self._take_noun(mention, noun)
        elif action and not (action.base and self._modifiers.determined):
            self._take_action(place, action)
        else:
            self._take_modifier(mention)

    def _reads_as_verb(self) -> bool:
        return bool(self._open) and not self._modifiers.determined

    def _modifies_next(self, place: int) -> bool:
        """Whether a noun only describes the next one: "dog house", "orange cat", "pine forest"."""
        mention, after = self._mentions[place], self._mentions[place + 1 : place + 2]
        sense = mention.sense(Topic.NOUN)
        singular = mention.text.isascii() and sense is not None and not sense.plural
        beside = _is_beside(mention, after, Topic.NOUN) or _is_beside(mention, after, Topic.PLACE)
        return singular and beside and not after[0].sense(Topic.ACTION)

    def _take_noun(self, mention: Mention, noun: Meaning) -> None:
        modifiers, self._modifiers = _skinned(self._modifiers, noun), _Modifiers()
        count = modifiers.count or (_UNCOUNTED_PLURAL if noun.plural else 1)
        person = noun.group == "person"
        draft = _Draft(
            " ".join((*(modifiers.traits if person else ()), noun.value)),
            noun.group,
            min(count, MOST_OF_A_KIND),
            modifiers.colour,
            modifiers.action,
            self._picture_of(mention),
            modifiers.size,
            last=mention.last,
        )
        self._add(draft)
        self._placing.take_noun(draft, mention)

    def _picture_of(self, noun: Mention) -> int | None:
        picture = self._pictures.get(noun.first)
        return picture.reference.number if picture and picture.reference else None

    def _add(self, draft: _Draft) -> None:
        self.drafts.append(draft)
        if draft.action is None:
            self._open.append(draft)

    def _take_action(self, place: int, action: Meaning) -> None:
        if self._describes_next_noun(place):
            self._modifiers.action = action.value
            self._modifiers.last = self._mentions[place].last
            return
        doers = self._doers(self._mentions[place])
        for draft in doers:
            draft.action = action.value
        self._placing.take_doers(doers)
        if not self._open and not self.drafts:
            self.loose_action = self.loose_action or action.value
        self._open, self._modifiers, self._joined = [], _Modifiers(), False

    def _describes_next_noun(self, place: int) -> bool:
        """ "a running dog": a verb between a determiner and a noun."""
        mention, after = self._mentions[place], self._mentions[place + 1 : place + 2]
        return mention.text.endswith("ing") and not self._open and _is_beside(mention, after, Topic.NOUN)

    def _doers(self, action: Mention) -> Sequence[_Draft]:
        agents = [draft for draft in self._open if draft.group in _AGENTS]
        if not agents:
            return self._open[-1:]
        # "a boat on a lake, birds flying": who stands right before the verb is meant.
        near = [draft for draft in agents[-1:] if action.first - draft.last == 1]
        return agents if self._joined else near or agents[:1]

    def _take_modifier(self, mention: Mention) -> None:
        self._joined = self._joined or (mention.sense(Topic.JOIN) is not None and bool(self._open))
        self._placing.take(mention)
        gender = mention.sense(Topic.NOUN)
        if gender and gender.value in _GENDERS:
            self._modifiers.traits += (_GENDERS[gender.value],)
            return
        if not any(sense.topic in _MODIFIERS for sense in mention.senses):
            self._modifiers = _Modifiers()
            return
        if self._adjectives_follow and self._describes_last_noun(mention):
            return
        count, colour = mention.sense(Topic.COUNT), mention.sense(Topic.COLOUR)
        self._modifiers.count = int(count.value) if count else self._modifiers.count
        self._modifiers.colour = colour.value if colour else self._modifiers.colour
        self._take_adjective(mention)
        self._modifiers.determined = True
        self._modifiers.last = mention.last

    def _describes_last_noun(self, mention: Mention) -> bool:
        """ "perro rojo", "chat noir": the noun has gone before."""
        draft = self.drafts[-1] if self.drafts else None
        colour, adjective = mention.sense(Topic.COLOUR), mention.sense(Topic.ADJECTIVE)
        if draft is None or mention.first - draft.last != 1 or not (colour or adjective):
            return False
        draft.colour = colour.value if colour else draft.colour
        draft.size = adjective.value if adjective and adjective.group == "size" else draft.size
        draft.last = mention.last
        return True

    def _take_adjective(self, mention: Mention) -> None:
        sense = mention.sense(Topic.ADJECTIVE)
        if sense and sense.group == "size":
            self._modifiers.size = sense.value
        elif sense and sense.group == "trait":
            self._modifiers.traits += (sense.value,)


def _skinned(modifiers: _Modifiers, noun: Meaning) -> _Modifiers:
    """ "a black woman" says what she looks like, "a black dog" its colour."""
    skin = _SKINS.get(modifiers.colour or "")
    if skin is None or noun.value not in _PLAIN_PEOPLE:
        return modifiers
    return replace(modifiers, colour=None, traits=(*modifiers.traits, skin))


def _is_beside(mention: Mention, after: Sequence[Mention], topic: Topic) -> bool:
    return bool(after) and after[0].first == mention.last + 1 and after[0].sense(topic) is not None


_MODIFIERS = {Topic.COUNT, Topic.COLOUR, Topic.ADJECTIVE, Topic.DETERMINER, Topic.STYLE}


def _named_pictures(reading: Reading, images: int) -> dict[int, Mention]:
    """The first token of a noun that says what a picture shows → that picture's mention."""
    marks = [mention for mention in reading.mentions if mention.sense(Topic.NOUN) or mention.reference]
    found: dict[int, Mention] = {}
    for place, mention in enumerate(marks):
        if _is_picture(mention, images):
            before, after = marks[max(0, place - 1) : place], marks[place + 1 : place + 2]
            nouns = chain(_before(reading, before, mention), _after(reading, mention, after))
            free = (noun.first for noun in nouns if noun.first not in found)
            found |= dict.fromkeys(islice(free, 1), mention)
    return found


def _is_picture(mention: Mention, images: int) -> bool:
    reference = mention.reference
    return reference is not None and reference.kind is MediaKind.IMAGE and 1 <= reference.number <= images


def _before(reading: Reading, nouns: Sequence[Mention], picture: Mention) -> Iterator[Mention]:
    """ "the dog from @Image1" """
    return (
        noun
        for noun in nouns
        if not noun.reference and all(text in _BELONGS for text in reading.between(noun, picture))
    )


def _after(reading: Reading, picture: Mention, nouns: Sequence[Mention]) -> Iterator[Mention]:
    """ "@Image1 is a dog", "@Image1中的小狗" """
    return (noun for noun in nouns if not noun.reference and _names(reading, picture, noun))


def _names(reading: Reading, picture: Mention, noun: Mention) -> bool:
    inside = (mention for mention in reading.mentions if picture.last < mention.first < noun.first)
    busy = any(mention.sense(Topic.PLACE) or mention.sense(Topic.ACTION) for mention in inside)
    return not busy and len(reading.between(picture, noun)) <= _NAME_REACH


def _merge(subjects: Iterator[Subject]) -> tuple[Subject, ...]:
    """A noun said again is the same subject, unless its colour or picture says otherwise."""
    merged: list[Subject] = []
    for subject in subjects:
        for place, known in enumerate(merged):
            if _same(known, subject):
                merged[place] = _joined(known, subject)
                break
        else:
            if len(merged) < MOST_SUBJECTS:
                merged.append(subject)
    return tuple(merged)


def _same(known: Subject, again: Subject) -> bool:
    agrees = (known.colour or again.colour) == (again.colour or known.colour)
    return known.noun == again.noun and agrees and (again.image in (None, known.image))


def _joined(known: Subject, again: Subject) -> Subject:
    return replace(
        known,
        count=max(known.count, again.count),
        colour=known.colour or again.colour,
        action=known.action or again.action,
        size=known.size or again.size,
        relation=known.relation or again.relation,
    )
