"""Who may be sent to at once, so that receivers that are slow or dead keep nobody else waiting."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final

from omnireel.tasks.deliveries import Busy

_SLOW_SECONDS: Final = 3.0
_MOST_REMEMBERED: Final = 1000


@dataclass(frozen=True)
class Shares:
    """Attempts at once: of all, of one receiver, of one team, and of all receivers known as slow."""

    total: int = 32
    target: int = 2
    team: int = 16
    slow: int = 16
    target_turns: int = 4
    team_turns: int = 32
    """Attempts begun before all others who wait had theirs."""


class Lanes:
    """Counts the attempts under way. For one thread."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._targets: Counter[str] = Counter()
        self._teams: Counter[str] = Counter()
        self._slow: OrderedDict[str, None] = OrderedDict()
        self._target_turns: Counter[str] = Counter()
        self._team_turns: Counter[str] = Counter()

    @property
    def used(self) -> int:
        return self._targets.total()

    @property
    def full(self) -> bool:
        return self.used >= self._shares.total

    def busy(self) -> Busy:
        """Who has all that is theirs, at once or in this round."""
        shares = self._shares
        targets = _reached(self._targets, shares.target) | _reached(self._target_turns, shares.target_turns)
        if sum(self._targets[target] for target in self._slow) >= shares.slow:
            targets |= self._slow.keys()
        teams = _reached(self._teams, shares.team) | _reached(self._team_turns, shares.team_turns)
        return Busy(targets, list(teams))

    def turn(self, target: str, team: str) -> None:
        """Somebody had a turn. A receiver that fails at once is never under way for long: without turns its
        backlog, being the oldest, would go before everything else.
        """
        self._target_turns[target] += 1
        self._team_turns[team] += 1

    def new_round(self) -> bool:
        """Everybody may have turns again. False when nobody had one."""
        had = bool(self._target_turns)
        self._target_turns.clear()
        self._team_turns.clear()
        return had

    def enter(self, target: str, team: str) -> None:
        self._targets[target] += 1
        self._teams[team] += 1

    def leave(self, target: str, team: str, seconds: float) -> None:
        """An attempt is over; what it took tells whether the receiver is slow."""
        for counts, name in ((self._targets, target), (self._teams, team)):
            counts[name] -= 1
            if not counts[name]:
                del counts[name]
        self._slow.pop(target, None)
        if seconds >= _SLOW_SECONDS:
            self._slow[target] = None
            if len(self._slow) > _MOST_REMEMBERED:
                self._slow.popitem(last=False)


def _reached(counts: Counter[str], most: int) -> set[str]:
    return {name for name, count in counts.items() if count >= most}
