"""kill -9 around everything that moves money: it adds up, and only a success is charged, once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, literal, select
from tests.chaos.nursery import Nursery
from tests.chaos.places import TEAM, Places
from tests.media_files import make_image

from omnireel.clock import ManualClock
from omnireel.models import TaskStatus
from omnireel.tasks.audit import faults
from omnireel.tasks.balances import Balances
from omnireel.tasks.database import reading, writing
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.ledger import Account, credit
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.tables import ledger_entry
from omnireel.testing.task_store import a_success, claimed

Killed = Callable[[str, str], bool]

pytestmark = pytest.mark.system

PRICE = Decimal("0.4200")
NOTHING = Decimal(0)


@pytest.fixture
def places(database_place: str, tmp_path: Path) -> Places:
    url = database_place if "://" in database_place else ""
    places = Places(tmp_path / "data", url)
    places.root.mkdir()
    make_image(places.picture)
    return places


@pytest.fixture
def engine(places: Places) -> Iterator[Engine]:
    engine = places.open()
    KeyStore(engine).create("key", TEAM)
    with writing(engine) as connection:
        credit(connection, TEAM, Decimal(1), reference="first", note="", now=literal(1.0))
    yield engine
    engine.dispose()


@pytest.fixture
def killed(nursery: Nursery, places: Places) -> Killed:
    """Runs a process of ours to its end or the place where it is to die; tells whether it died there."""

    def run(role: str, crash_point: str) -> bool:
        code = nursery.wait(nursery.start(places, role, crash_point, limit=1))
        assert code in {0, -signal.SIGKILL}
        return code != 0

    return run


def spent(engine: Engine) -> tuple[Decimal, Decimal]:
    """What is set aside and what was paid, in a ledger that adds up."""
    with reading(engine) as connection:
        assert list(faults(connection)) == []

        def total(account: Account) -> Decimal:
            wanted = select(func.sum(ledger_entry.c.amount)).where(ledger_entry.c.account == account)
            return connection.execute(wanted).scalar() or Decimal(0)

        reserved, paid = total(Account.RESERVED), total(Account.REVENUE)
    assert Balances(engine).of(TEAM) == 1 - reserved - paid
    return reserved, paid


@pytest.mark.parametrize(
    ("crash_point", "recorded"), [("before_submit_commit", 0), ("after_submit_commit", 1)]
)
def test_a_kill_around_a_submit_sets_money_aside_exactly_when_the_task_is_there(
    engine: Engine, killed: Killed, crash_point: str, recorded: int
) -> None:
    assert killed("submitter", crash_point)
    assert SqlTaskStore(engine).waiting() == recorded
    assert spent(engine) == (recorded * PRICE, NOTHING)


@pytest.mark.parametrize(
    ("crash_point", "charged"),
    [("after_claim", False), ("before_finish", False), ("mid_settle", False), ("after_finish", True)],
)
def test_a_kill_around_an_ending_charges_a_success_once(
    engine: Engine, killed: Killed, crash_point: str, charged: bool
) -> None:
    assert not killed("submitter", "")
    assert killed("worker", crash_point)
    assert spent(engine) == ((NOTHING, PRICE) if charged else (PRICE, NOTHING))
    later = ManualClock()
    later.advance(seconds=10**9)
    store = SqlTaskStore(engine, clock=later, retention=timedelta(days=1))
    if not charged:
        assert store.finish(claimed(store, "the next worker"), a_success())
    assert store.claim("another") is None
    assert spent(engine) == (NOTHING, PRICE)


def test_a_kill_around_a_refund_gives_back_once(engine: Engine, killed: Killed) -> None:
    assert not killed("submitter", "")
    assert killed("canceler", "mid_settle")
    store = SqlTaskStore(engine)
    (waiting,) = store.list(TEAM).tasks
    assert waiting.status is TaskStatus.PENDING
    assert spent(engine) == (PRICE, NOTHING)
    store.cancel(TEAM, waiting.task_id)
    store.cancel(TEAM, waiting.task_id)
    assert spent(engine) == (NOTHING, NOTHING)
