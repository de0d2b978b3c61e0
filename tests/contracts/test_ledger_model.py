"""The ledger against a model of it in plain Python, under random histories of tasks, faults and credits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, event, func, literal, select
from sqlalchemy.engine import Connection
from tests.hasty_sqlite import hasty_sqlite

from omnireel.clock import ManualClock
from omnireel.errors import InsufficientBalance, NotFound
from omnireel.models import Failed, Outcome, Stopped, Succeeded, TaskStatus
from omnireel.tasks.audit import faults
from omnireel.tasks.balances import Balances
from omnireel.tasks.database import open_database, reading, writing
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.ledger import Account, credit
from omnireel.tasks.prices import Quote
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import Claim
from omnireel.tasks.tables import LIVE, ledger_entry, ledger_transaction, task
from omnireel.testing.task_store import LEASE, MAX_ATTEMPTS, RETENTION, a_success, a_task

NAMES = count()
FAILURE = Failed("engine_failed", "no")
TEAMS = ("red", "blue")


class PowerCut(Exception):
    """The process died before its transaction was committed."""


@dataclass
class Money:
    """What a team should have."""

    credited: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)


@dataclass(frozen=True)
class Asked:
    """A task that was taken, with the price it was taken for."""

    team: str
    quote: Quote


class LedgerAgainstModel(RuleBasedStateMachine):
    tasks = Bundle("tasks")
    claims = Bundle("claims")

    @initialize()
    def open(self) -> None:
        self.engine = self.open_database()
        self.clock = ManualClock()
        self.store = SqlTaskStore(
            self.engine, lease=LEASE, max_attempts=MAX_ATTEMPTS, retention=RETENTION, clock=self.clock
        )
        self.money: dict[str, Money] = defaultdict(Money)
        self.live: dict[str, Asked] = {}
        # Names of their own: a ledger cannot be emptied for the next history.
        self.history = next(NAMES)
        self.power_fails = False
        event.listen(self.engine, "commit", self.cut)
        for name in TEAMS:
            KeyStore(self.engine, self.clock).create("key", self.named(name))

    def teardown(self) -> None:
        if hasattr(self, "history"):
            event.remove(self.engine, "commit", self.cut)
            self.drain()
            self.close_database()

    def drain(self) -> None:
        """Leave no task of ours to the next history."""
        for name, asked in self.live.items():
            self.store.cancel(asked.team, name)
        self.clock.advance(seconds=LEASE.total_seconds() + 1)
        self.store.reap()

    def open_database(self) -> Engine:
        raise NotImplementedError("a subclass provides the database")

    def close_database(self) -> None:
        """Most stay open for the next history."""

    def named(self, team: str) -> str:
        return f"{team}-{self.history}"

    def cut(self, connection: Connection) -> None:
        if self.power_fails:
            self.power_fails = False
            raise PowerCut

    def ended(self, name: str, outcome: Outcome) -> None:
        """What the model makes of an outcome that was written."""
        asked = self.live.pop(name)
        if isinstance(outcome, Succeeded):
            self.money[asked.team].paid += price(asked.quote, outcome)

    def look_at(self, name: str) -> None:
        """Believe the store that a task has ended, and without a clip."""
        asked = self.live.get(name)
        if asked is not None and self.store.get(asked.team, name).status.terminal:
            self.ended(name, Stopped())

    @rule()
    def cut_the_power_at_the_next_commit(self) -> None:
        self.power_fails = True

    @rule(team=st.sampled_from(TEAMS), amount=st.integers(1, 40000))
    def credit(self, team: str, amount: int) -> None:
        name, usd = self.named(team), Decimal(amount).scaleb(-4)
        try:
            with writing(self.engine) as connection:
                reference = f"r{next(NAMES)}"
                credit(connection, name, usd, reference=reference, note="", now=literal(1.0))
        except PowerCut:
            return
        self.money[name].credited += usd

    @rule(target=tasks, team=st.sampled_from(TEAMS), rate=st.integers(0, 2000), by_length=st.booleans())
    def submit(self, team: str, rate: int, by_length: bool) -> object:
        name, per_second = f"t{next(NAMES)}", Decimal(rate).scaleb(-4)
        quote = Quote(per_second * 10, per_second) if by_length else Quote(per_second * 5)
        owner = self.named(team)
        affordable = quote.reserved <= self.available(owner)
        try:
            self.store.add(replace(a_task(name, team=owner), quote=quote))
        except PowerCut:
            return multiple()
        except InsufficientBalance:
            assert not affordable
            with pytest.raises(NotFound):
                self.store.get(owner, name)
            return multiple()
        assert affordable
        self.live[name] = Asked(owner, quote)
        return name

    @rule(target=claims)
    def claim(self) -> object:
        try:
            return self.store.claim("worker") or multiple()
        except PowerCut:
            return multiple()

    @rule(claim=claims, seconds=st.floats(0.5, 15.0), good=st.booleans())
    def finish(self, claim: Claim, seconds: float, good: bool) -> None:
        outcome = lasting(seconds) if good else FAILURE
        try:
            written = self.store.finish(claim, outcome)
        except PowerCut:
            return
        if written:
            self.ended(claim.task_id, outcome)

    @rule(claim=claims, delay=st.sampled_from([0.0, 60.0]))
    def retry(self, claim: Claim, delay: float) -> None:
        try:
            status = self.store.retry(claim, "killed", timedelta(seconds=delay))
        except PowerCut:
            return
        if status in {TaskStatus.FAILED, TaskStatus.CANCELED}:
            self.ended(claim.task_id, Stopped())

    @rule(claim=claims)
    def release(self, claim: Claim) -> None:
        try:
            self.store.release(claim)
        except PowerCut:
            return
        self.look_at(claim.task_id)

    @rule(name=tasks)
    def cancel(self, name: str) -> None:
        asked = self.live.get(name)
        if asked is None:
            return
        try:
            self.store.cancel(asked.team, name)
        except PowerCut:
            return
        self.look_at(name)

    @rule(seconds=st.sampled_from([5.0, 31.0, 86400.0 * 4]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    @rule()
    def reap(self) -> None:
        try:
            self.store.reap()
        except PowerCut:
            return
        for name in list(self.live):
            self.look_at(name)

    @rule()
    def sweep(self) -> None:
        try:
            for old in self.store.expired(1000):
                self.store.delete(old.task_id)
        except PowerCut:
            return

    @invariant()
    def the_ledger_adds_up_and_says_what_the_model_says(self) -> None:
        if not hasattr(self, "history"):
            return
        failing, self.power_fails = self.power_fails, False
        with reading(self.engine) as connection:
            assert list(faults(connection)) == []
        for team in map(self.named, TEAMS):
            reserved = self.reserved(team)
            money = self.money[team]
            assert self.accounts(team) == {
                Account.FUNDING: -money.credited,
                Account.AVAILABLE: self.available(team),
                Account.RESERVED: reserved,
                Account.REVENUE: money.paid,
            }
            assert Balances(self.engine).of(team) == self.available(team)
            assert self.reserved_by_rows(team) == reserved
        self.power_fails = failing

    def available(self, team: str) -> Decimal:
        return self.money[team].credited - self.money[team].paid - self.reserved(team)

    def reserved(self, team: str) -> Decimal:
        mine = (asked.quote.reserved for asked in self.live.values() if asked.team == team)
        return sum(mine, Decimal(0))

    def accounts(self, team: str) -> dict[str, Decimal]:
        total = func.sum(ledger_entry.c.amount).label("amount")
        joined = select(ledger_entry.c.account, total).join_from(ledger_transaction, ledger_entry)
        wanted = joined.where(ledger_transaction.c.team == team).group_by(ledger_entry.c.account)
        with reading(self.engine) as connection:
            found = {row.account: row.amount for row in connection.execute(wanted)}
        return {account: found.get(account, Decimal(0)) for account in Account}

    def reserved_by_rows(self, team: str) -> Decimal:
        wanted = select(func.sum(task.c.reserved)).where(LIVE, task.c.team == team)
        with reading(self.engine) as connection:
            return connection.execute(wanted).scalar() or Decimal(0)


def lasting(seconds: float) -> Succeeded:
    """A success with a clip of this length."""
    made = a_success()
    return replace(made, resources=(replace(made.resources[0], duration=seconds),))


def price(quote: Quote, made: Succeeded) -> Decimal:
    if quote.rate is None:
        return quote.reserved
    milliseconds = round((made.resources[0].duration or 0) * 1000)
    exact = quote.rate * milliseconds / 1000
    return min(quote.reserved, exact.quantize(Decimal("0.0001"), ROUND_HALF_UP))


SETTINGS = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


# On PostgreSQL every question goes to another process; the code is the same.
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "histories"), [("sqlite", 60), ("postgresql", 15)])
def test_no_history_loses_or_makes_money(
    kind: str, histories: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        engine = hasty_sqlite(tmp_path / "omnireel.db")
    else:
        engine = open_database(request.getfixturevalue("postgres_url"))

    class OnADatabase(LedgerAgainstModel):
        def open_database(self) -> Engine:
            return engine

    run_state_machine_as_test(OnADatabase, settings=settings(SETTINGS, max_examples=histories))
    engine.dispose()
