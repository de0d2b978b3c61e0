from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import create_engine

from omnireel.tasks.away import DatabaseAway, patiently, repeatable
from omnireel.tasks.database import reading, writing
from omnireel.tasks.outage import Outage


@dataclass
class Watch:
    """A clock that stands still until it is told."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_after_a_long_outage_everybody_gets_time_to_renew() -> None:
    watch = Watch()
    outage = Outage(10, now=watch)
    seen = [(outage.away, outage.settled)]
    outage.began()
    watch.seconds += 11
    outage.began()
    seen.append((outage.away, outage.settled))
    outage.over()
    seen.append((outage.away, outage.settled))
    watch.seconds += 9.9
    seen.append((outage.away, outage.settled))
    watch.seconds += 0.2
    seen.append((outage.away, outage.settled))
    assert seen == [(False, True), (True, False), (False, False), (False, False), (False, True)]


def test_a_short_outage_delays_nothing() -> None:
    watch = Watch()
    outage = Outage(10, now=watch)
    outage.began()
    watch.seconds += 10
    outage.over()
    assert outage.settled
    outage.over()
    assert outage.settled


class Stumbling:
    """Something whose first calls find no database."""

    def __init__(self, times: int) -> None:
        self.calls = 0
        self._times = times

    @repeatable
    def ask(self, question: str, *, loud: bool = False) -> str:
        return self.ask_once(question.upper() if loud else question)

    def ask_once(self, question: str) -> str:
        self.calls += 1
        if self.calls <= self._times:
            raise DatabaseAway
        return question


def test_what_may_run_twice_is_tried_until_the_database_is_back() -> None:
    stumbling = Stumbling(3)
    assert stumbling.ask("who?", loud=True) == "WHO?"
    assert stumbling.calls == 4


def test_patience_ends() -> None:
    stumbling = Stumbling(10**9)
    with pytest.raises(DatabaseAway) as caught:
        patiently(lambda: stumbling.ask_once("who?"), patience=0.2)
    assert caught.value.retry_after > 0
    assert stumbling.calls > 1


def test_other_errors_are_not_waited_for() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        patiently(fail)


@pytest.mark.parametrize("transaction", [reading, writing])
def test_a_server_that_is_not_there_is_away(transaction: type) -> None:
    engine = create_engine("postgresql+psycopg://user:s3cret@127.0.0.1:1/nowhere")
    with pytest.raises(DatabaseAway, match="the database is away") as caught, transaction(engine):
        pass
    assert "s3cret" not in repr(caught.value.__cause__)
