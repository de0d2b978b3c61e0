from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from omnireel.clock import ManualClock
from omnireel.errors import InsufficientBalance, InvalidRequest, NotFound
from omnireel.tasks.prices import Quote
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.teams import TeamStore
from omnireel.testing.task_store import a_success, a_task, claimed


@pytest.fixture
def teams(engine: Engine, clock: ManualClock) -> TeamStore:
    return TeamStore(engine, clock)


def test_a_team_is_made_once_and_has_nothing(teams: TeamStore, clock: ManualClock) -> None:
    assert teams.create("red")
    assert not teams.create("red")
    assert teams.create("blue")
    assert [team.name for team in teams.list()] == ["blue", "red"]
    red = teams.get("red")
    assert (red.created_at, red.balance, red.reserved) == (clock.now(), Decimal(0), Decimal(0))
    with pytest.raises(NotFound, match="no team 'green'"):
        teams.get("green")
    with pytest.raises(InvalidRequest, match="team's name"):
        teams.create("no spaces")


def test_movements_tell_a_teams_story_backwards(teams: TeamStore, engine: Engine, clock: ManualClock) -> None:
    for name in ("red", "blue"):
        teams.create(name)
        teams.credit(name, Decimal("2.5"), reference="inv-1", note="thanks")
    store = SqlTaskStore(engine, clock=clock)
    for task_id in ("t1", "t2", "t3"):
        store.add(replace(a_task(task_id, team="red"), quote=Quote(Decimal("0.5"))))
    store.finish(claimed(store), a_success())
    store.cancel("red", "t2")

    red = teams.get("red")
    assert (red.balance, red.reserved) == (Decimal("1.5"), Decimal("0.5"))
    assert teams.get("blue").balance == Decimal("2.5")
    story = [(movement.kind, movement.task_id, movement.note) for movement in teams.movements("red", 10)]
    assert story == [
        ("refund", "t2", ""),
        ("settle", "t1", ""),
        ("reserve", "t3", ""),
        ("reserve", "t2", ""),
        ("reserve", "t1", ""),
        ("credit", None, "thanks"),
    ]
    refund, settle = teams.movements("red", 2)
    half = Decimal("0.5")
    assert (refund.entries, settle.entries) == (
        {"available": half, "reserved": -half},
        {"revenue": half, "reserved": -half},
    )
    assert refund.created_at == clock.now()
    assert teams.audit() == ()


def test_a_credit_counts_once_under_its_reference_and_always_without(teams: TeamStore) -> None:
    teams.create("red")
    teams.credit("red", Decimal(1), reference="inv-1")
    with pytest.raises(InvalidRequest, match="credited under 'inv-1' before"):
        teams.credit("red", Decimal(1), reference="inv-1")
    teams.credit("red", Decimal(1))
    assert teams.credit("red", Decimal(1)).balance == 3


def test_a_credit_may_be_taken_back_as_far_as_there_is_money(teams: TeamStore) -> None:
    teams.create("red")
    teams.credit("red", Decimal(100))
    assert teams.credit("red", Decimal(-90), note="one nought too many").balance == 10
    with pytest.raises(InsufficientBalance):
        teams.credit("red", Decimal(-11))
    assert teams.get("red").balance == 10


@pytest.mark.parametrize("amount", ["0", "NaN", "Infinity", "0.00001", "1000000001", "-1E+30", "1E-30"])
def test_an_amount_that_cannot_be_is_refused(teams: TeamStore, amount: str) -> None:
    teams.create("red")
    with pytest.raises(InvalidRequest, match="amount"):
        teams.credit("red", Decimal(amount))
    assert teams.movements("red", 10) == ()


def test_credits_that_name_nothing_known_are_refused(teams: TeamStore) -> None:
    with pytest.raises(NotFound):
        teams.credit("green", Decimal(1))
    teams.create("red")
    with pytest.raises(InvalidRequest, match="reference"):
        teams.credit("red", Decimal(1), reference="a b")
    with pytest.raises(InvalidRequest, match="at most 200 characters"):
        teams.credit("red", Decimal(1), note="x" * 201)
