"""kill -9 around everything that moves money: it adds up, and only a success is charged, once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, literal, select

from omnireel.clock import ManualClock
from omnireel.crashpoints import VARIABLE
from omnireel.models import TaskStatus
from omnireel.tasks.audit import faults
from omnireel.tasks.balances import Balances
from omnireel.tasks.database import open_database, reading, writing
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.ledger import Account, credit
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.tables import ledger_entry
from omnireel.testing.task_store import a_success, claimed

pytestmark = pytest.mark.system

PRICE = Decimal("0.5600")
NOTHING = Decimal(0)
SUBMITS = """
import sys
from decimal import Decimal
from pathlib import Path
from omnireel.clock import SystemClock
from omnireel.storage.local import LocalBlobs
from omnireel.models import Mode, VideoRequest
from omnireel.tasks.balances import Balances
from omnireel.tasks.database import open_database
from omnireel.tasks.prices import PriceList
from omnireel.tasks.service import TaskService
from omnireel.tasks.sql import SqlTaskStore
from omnireel.testing.fake_engine import FakeEngine

database = open_database(sys.argv[1])
blobs = LocalBlobs(Path(sys.argv[2]) / "blobs", base_url="http://a", secret=b"s" * 32, clock=SystemClock())
service = TaskService(
    SqlTaskStore(database), {"fake": FakeEngine()}, blobs, default="fake", balance_of=Balances(database).of,
    free_disk=lambda: 10**12, prices=PriceList({"kling/kling-video-o1": {Mode.PRO: Decimal("0.112")}}, 10.0),
)
service.submit("team", VideoRequest("kling/kling-video-o1", "a pond"), request_id="r")
print("submitted", flush=True)
"""
WORKS = """
import sys
from pathlib import Path
from threading import Event, Thread
from omnireel.clock import SystemClock
from omnireel.storage.local import LocalBlobs
from omnireel.tasks.database import open_database
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.sql import SqlTaskStore
from omnireel.testing.fake_executor import FakeExecutor

folder = Path(sys.argv[2])
executor = FakeExecutor(folder)
blobs = LocalBlobs(folder / "blobs", base_url="http://a", secret=b"s" * 32, clock=SystemClock())
store = SqlTaskStore(open_database(sys.argv[1]))
stop = Event()
work = Thread(target=Dispatcher(store, executor, blobs, worker="w").run, args=(stop,))
work.start()
while not executor.handles:
    stop.wait(0.01)
executor.handles[0].make()
while not executor.handles[0].closed:
    stop.wait(0.01)
stop.set()
work.join()
print("worked", flush=True)
"""


@pytest.fixture
def engine(database_place: str) -> Iterator[Engine]:
    engine = open_database(database_place)
    KeyStore(engine).create("key", "team")
    with writing(engine) as connection:
        credit(connection, "team", Decimal(1), reference="first", note="", now=literal(1.0))
    yield engine
    engine.dispose()


def killed(script: str, place: str, folder: Path, crash_point: str) -> bool:
    """Run a process of ours to its end or the place where it is to die; whether it died there."""
    ran = subprocess.run(
        [sys.executable, "-c", script, place, str(folder)],
        env={**os.environ, VARIABLE: crash_point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode in {0, -9}, ran.stderr
    return ran.returncode == -9


def spent(engine: Engine) -> tuple[Decimal, Decimal]:
    """What is set aside and what was paid, in a ledger that adds up."""
    with reading(engine) as connection:
        assert list(faults(connection)) == []

        def total(account: Account) -> Decimal:
            wanted = select(func.sum(ledger_entry.c.amount)).where(ledger_entry.c.account == account)
            return connection.execute(wanted).scalar() or Decimal(0)

        reserved, paid = total(Account.RESERVED), total(Account.REVENUE)
    assert Balances(engine).of("team") == 1 - reserved - paid
    return reserved, paid


@pytest.mark.parametrize(
    ("crash_point", "recorded"), [("before_submit_commit", 0), ("after_submit_commit", 1)]
)
def test_a_kill_around_a_submit_sets_money_aside_exactly_when_the_task_is_there(
    engine: Engine, database_place: str, tmp_path: Path, crash_point: str, recorded: int
) -> None:
    assert killed(SUBMITS, database_place, tmp_path, crash_point)
    assert SqlTaskStore(engine).waiting() == recorded
    assert spent(engine) == (recorded * PRICE, NOTHING)


@pytest.mark.parametrize(
    ("crash_point", "charged"),
    [("after_claim", False), ("before_finish", False), ("mid_settle", False), ("after_finish", True)],
)
def test_a_kill_around_an_ending_charges_a_success_once(
    engine: Engine, database_place: str, tmp_path: Path, crash_point: str, charged: bool
) -> None:
    assert not killed(SUBMITS, database_place, tmp_path, "")
    assert killed(WORKS, database_place, tmp_path, crash_point)
    assert spent(engine) == ((NOTHING, PRICE) if charged else (PRICE, NOTHING))
    later = ManualClock()
    later.advance(seconds=10**9)
    store = SqlTaskStore(engine, clock=later, retention=timedelta(days=1))
    if not charged:
        assert store.finish(claimed(store, "the next worker"), a_success())
    assert store.claim("another") is None
    assert spent(engine) == (NOTHING, PRICE)


def test_a_kill_around_a_refund_gives_back_once(engine: Engine, database_place: str, tmp_path: Path) -> None:
    assert not killed(SUBMITS, database_place, tmp_path, "")
    cancels = (
        "import sys; from omnireel.tasks.database import open_database\n"
        "from omnireel.tasks.sql import SqlTaskStore\n"
        "store = SqlTaskStore(open_database(sys.argv[1]))\n"
        "store.cancel('team', store.list('team').tasks[0].task_id)\n"
    )
    assert killed(cancels, database_place, tmp_path, "mid_settle")
    store = SqlTaskStore(engine)
    (waiting,) = store.list("team").tasks
    assert waiting.status is TaskStatus.PENDING
    assert spent(engine) == (PRICE, NOTHING)
    store.cancel("team", waiting.task_id)
    store.cancel("team", waiting.task_id)
    assert spent(engine) == (NOTHING, NOTHING)
