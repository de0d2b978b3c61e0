"""Which subject stands where: "a cat on a red sofa", 桌子上有一只猫."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from omnireel.director.reading import Mention
from omnireel.director.vocabulary import Topic
from omnireel.models import Position, Relation

_REACH = 5
"""Tokens between a preposition and the noun it belongs to."""
_NEXT_TO = 2
"""Tokens from a noun to the postposition that belongs to it."""


class Placed(Protocol):
    """A subject being read."""

    noun: str
    count: int
    relation: Relation | None
    last: int


class Placing:
    """Ties subjects to what they stand on, under or beside. Lives only while one text is read."""

    def __init__(self) -> None:
        self._figures: list[Placed] = []
        self._landmarks: list[Placed] = []
        self._doers: list[Placed] = []
        self._wanted: Position | None = None
        self._found: list[str] = []
        self._owners: list[Placed] = []
        self._since = 0
        self._waiting: Relation | None = None

    def end_clause(self, *, sentence: bool) -> None:
        self._wanted, self._doers = None, []
        if sentence:
            self._figures, self._landmarks, self._waiting = [], [], None

    def take_doers(self, doers: Sequence[Placed]) -> None:
        self._doers = list(doers)

    def take(self, mention: Mention) -> None:
        """Note a word of place, or that a phrase went on to something else."""
        sense = mention.sense(Topic.RELATION)
        if mention.sense(Topic.JOIN):
            self._doers = []
        if sense is None:
            if mention.sense(Topic.PLACE) or mention.sense(Topic.TIME):
                self._wanted = None
            return
        position = Position(sense.value)
        if sense.group == "before":
            self._wanted, self._found, self._since = position, [], mention.last
            self._owners = self._free()
        elif sense.group == "after":
            self._look_back(position, mention)
        elif self._figures and self._figures[-1].relation is None:
            self._figures[-1].relation = Relation(position)
        else:
            self._waiting = Relation(position)

    def take_noun(self, draft: Placed, mention: Mention) -> None:
        if self._wanted and mention.first - self._since <= _REACH:
            self._landmarks.append(draft)
            self._reach_landmark(draft, self._wanted)
            self._since = mention.last
            return
        self._wanted = None
        self._figures.append(draft)
        if self._waiting:
            draft.relation, self._waiting = self._waiting, None

    def _free(self) -> list[Placed]:
        """Whom a preposition is about: who does something, or was named last, and has no place yet."""
        owners = self._doers or self._figures[-1:]
        return owners if all(owner.relation is None for owner in owners) else self._landmarks[-1:]

    def _reach_landmark(self, draft: Placed, position: Position) -> None:
        self._found.append(draft.noun)
        relation = Relation(position, tuple(self._found))
        for owner in self._owners:
            owner.relation = relation
        if not self._owners:
            self._waiting = relation
        if position is not Position.BETWEEN or len(self._found) > 1 or draft.count > 1:
            self._wanted = None

    def _look_back(self, position: Position, mention: Mention) -> None:
        """A postposition: the noun before it is the landmark; who stands there came before or is to come."""
        many = 2 if position is Position.BETWEEN else 1
        marks = [draft for draft in self._figures if mention.first - draft.last <= _NEXT_TO + 3 * (many - 1)][
            -many:
        ]
        if not marks or mention.first - marks[-1].last > _NEXT_TO:
            return
        relation = Relation(position, tuple(mark.noun for mark in marks))
        self._figures = [figure for figure in self._figures if figure not in marks]
        if self._figures and self._figures[-1].relation is None:
            self._figures[-1].relation = relation
        else:
            self._waiting = relation
