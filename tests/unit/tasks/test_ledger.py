"""What tasks cost and what becomes of the money, task by task."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from sqlalchemy import Connection, Engine, delete, func, insert, literal, select, text, update
from sqlalchemy.exc import DBAPIError

from omnireel.clock import ManualClock
from omnireel.errors import InsufficientBalance
from omnireel.models import Failed, Outcome, Stopped, TaskStatus
from omnireel.tasks.audit import faults
from omnireel.tasks.balances import Balances
from omnireel.tasks.database import connect, reading, schema_of, upgrade_schema, writing
from omnireel.tasks.keys import Access, KeyStore, new_secret
from omnireel.tasks.ledger import credit
from omnireel.tasks.prices import Quote
from omnireel.tasks.scopes import Scope
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import Claim, NewTask
from omnireel.tasks.tables import REVISION, ledger_entry, ledger_transaction, metadata, task, team
from omnireel.testing.task_store import a_success, a_task, claimed

LEASE = timedelta(seconds=30)
PRICE = Decimal("0.4200")
FIXED = Quote(PRICE)


@pytest.fixture
def store(engine: Engine, clock: ManualClock) -> SqlTaskStore:
    return SqlTaskStore(engine, clock=clock, lease=LEASE)


def fund(engine: Engine, amount: str, *, name: str = "team", reference: str = "first") -> bool:
    KeyStore(engine).create("key", name)
    with writing(engine) as connection:
        return credit(connection, name, Decimal(amount), reference=reference, note="", now=literal(1.0))


def priced(task_id: str, quote: Quote = FIXED, *, name: str = "team") -> NewTask:
    return replace(a_task(task_id, team=name), quote=quote)


def lasting(seconds: float) -> Outcome:
    """A success with a clip of this length."""
    made = a_success()
    return replace(made, resources=(replace(made.resources[0], duration=seconds),))


def accounts(engine: Engine, name: str = "team") -> dict[str, str]:
    """What a team has in each of its accounts, by the entries."""
    total = func.sum(ledger_entry.c.amount)
    wanted = (
        select(ledger_entry.c.account, total)
        .join_from(ledger_transaction, ledger_entry)
        .where(ledger_transaction.c.team == name)
        .group_by(ledger_entry.c.account)
    )
    with reading(engine) as connection:
        assert list(faults(connection)) == []
        return {account: f"{amount:.4f}" for account, amount in connection.execute(wanted) if amount}


def test_what_a_task_may_cost_is_set_aside_when_it_is_recorded(engine: Engine, store: SqlTaskStore) -> None:
    fund(engine, "1")
    store.add(priced("t1"))
    assert accounts(engine) == {"funding": "-1.0000", "available": "0.5800", "reserved": "0.4200"}
    assert Balances(engine).of("team") == Decimal("0.5800")


def test_a_success_is_charged(engine: Engine, store: SqlTaskStore) -> None:
    fund(engine, "1")
    store.add(priced("t1"))
    assert store.finish(claimed(store), a_success())
    assert store.get("team", "t1").charged == "0.4200"
    assert accounts(engine) == {"funding": "-1.0000", "available": "0.5800", "revenue": "0.4200"}


@pytest.mark.parametrize("outcome", [Failed("engine_failed", "no"), Stopped()])
def test_what_did_not_succeed_is_given_back(engine: Engine, store: SqlTaskStore, outcome: Outcome) -> None:
    fund(engine, "1")
    store.add(priced("t1"))
    assert store.finish(claimed(store), outcome)
    assert store.get("team", "t1").charged == "0.0000"
    assert accounts(engine) == {"funding": "-1.0000", "available": "1.0000"}


@pytest.mark.parametrize(
    ("seconds", "charged"),
    [(3.0, "0.2523"), (3.0417, "0.2558"), (10.05, "0.8452"), (10.051, "0.8453"), (60.0, "0.8453")],
)
def test_a_source_is_charged_by_the_length_of_the_clip_and_never_more_than_was_set_aside(
    engine: Engine, store: SqlTaskStore, seconds: float, charged: str
) -> None:
    fund(engine, "1")
    store.add(priced("t1", Quote(Decimal("0.8453"), Decimal("0.0841"))))
    store.finish(claimed(store), lasting(seconds))
    assert store.get("team", "t1").charged == charged
    left = Decimal(1) - Decimal(charged)
    assert accounts(engine) == {"funding": "-1.0000", "available": str(left), "revenue": charged}


def test_a_fixed_price_does_not_depend_on_the_clip(engine: Engine, store: SqlTaskStore) -> None:
    fund(engine, "1")
    store.add(priced("t1"))
    store.finish(claimed(store), lasting(4.0))
    assert store.get("team", "t1").charged == "0.4200"


def test_a_task_that_costs_nothing_leaves_no_trace_in_the_ledger(engine: Engine, store: SqlTaskStore) -> None:
    store.add(priced("t1", Quote(Decimal(0))))
    store.finish(claimed(store), a_success())
    store.add(a_task("t2"))
    store.finish(claimed(store), a_success())
    assert accounts(engine) == {}


@pytest.mark.parametrize("amount", ["0.4199", "0.0001"])
def test_a_task_that_cannot_be_paid_is_not_recorded(engine: Engine, store: SqlTaskStore, amount: str) -> None:
    fund(engine, amount)
    before = accounts(engine)
    with pytest.raises(InsufficientBalance, match=rf"cost 0\.4200 USD .* has {Decimal(amount):.4f} USD"):
        store.add(priced("t1"))
    with pytest.raises(InsufficientBalance, match=r"has 0\.0000 USD"):
        store.add(priced("t2", name="nobody"))
    assert store.waiting() == 0
    assert accounts(engine) == before


def test_the_last_cent_can_be_spent(engine: Engine, store: SqlTaskStore) -> None:
    fund(engine, "0.4200")
    store.add(priced("t1"))
    assert Balances(engine).of("team") == 0


def test_recording_a_task_twice_sets_money_aside_once(engine: Engine, store: SqlTaskStore) -> None:
    fund(engine, "1")
    store.add(priced("t1"))
    store.add(priced("t1"))
    assert accounts(engine)["reserved"] == "0.4200"


def test_every_other_way_to_end_gives_the_money_back(
    engine: Engine, store: SqlTaskStore, clock: ManualClock
) -> None:
    fund(engine, "100")

    def start(name: str) -> Claim:
        store.add(priced(name))
        return claimed(store)

    store.add(priced("canceled while pending"))
    store.cancel("team", "canceled while pending")
    for end in (lambda claim: store.retry(claim, "killed", timedelta(0)), store.release):
        claim = start(f"canceled, then {end}")
        store.cancel("team", claim.task_id)
        end(claim)
    store.add(priced("lost three times"))
    for _ in range(3):
        store.retry(claimed(store), "killed", timedelta(0))
    start("canceled after its worker died")
    clock.advance(seconds=31)
    store.cancel("team", "canceled after its worker died")
    canceled = start("canceled, then its worker died")
    store.cancel("team", canceled.task_id)
    clock.advance(seconds=31)
    store.reap()
    assert accounts(engine) == {"funding": "-100.0000", "available": "100.0000"}
    assert Counter(task.status for task in store.list("team").tasks) == {
        TaskStatus.CANCELED: 5,
        TaskStatus.FAILED: 1,
    }


def test_a_task_that_is_tried_again_keeps_its_money_and_is_charged_once(
    engine: Engine, store: SqlTaskStore, clock: ManualClock
) -> None:
    fund(engine, "1")
    store.add(priced("t1"))
    store.retry(claimed(store), "killed", timedelta(0))
    store.release(claimed(store))
    late = claimed(store)
    assert accounts(engine)["reserved"] == "0.4200"
    clock.advance(seconds=31)
    quick = claimed(store)
    assert store.finish(quick, a_success())
    assert not store.finish(late, a_success())
    assert not store.finish(quick, a_success())
    assert store.cancel("team", "t1").status is TaskStatus.SUCCESS
    assert accounts(engine) == {"funding": "-1.0000", "available": "0.5800", "revenue": "0.4200"}


def test_tasks_of_many_teams_given_up_at_once_are_all_refunded(
    engine: Engine, store: SqlTaskStore, clock: ManualClock
) -> None:
    for n in range(4):
        fund(engine, "1", name=f"team{n}")
        for m in range(2):
            store.add(priced(f"t{n}{m}", name=f"team{n}"))
    for _ in range(3):
        for _ in range(8):
            claimed(store)
        clock.advance(seconds=31)
    assert store.reap() == 8
    assert [accounts(engine, f"team{n}")["available"] for n in range(4)] == ["1.0000"] * 4


def test_fifty_submits_at_once_spend_what_there_is_and_no_more(engine: Engine) -> None:
    fund(engine, "4.2")
    store = SqlTaskStore(engine)

    def submit(n: int) -> bool:
        try:
            store.add(priced(f"t{n}"))
        except InsufficientBalance:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        taken = list(pool.map(submit, range(50)))
    assert sum(taken) == store.waiting() == 10
    assert accounts(engine) == {"funding": "-4.2000", "reserved": "4.2000"}


def test_two_who_end_the_same_task_at_once_move_its_money_once(engine: Engine) -> None:
    fund(engine, "10")
    store = SqlTaskStore(engine)
    for n in range(10):
        store.add(priced(f"t{n}"))
        claim = claimed(store)
        with ThreadPoolExecutor(4) as pool:
            ended = [pool.submit(store.finish, claim, a_success()) for _ in range(2)]
            ended += [pool.submit(store.finish, claim, Stopped()) for _ in range(2)]
        assert sum(future.result() for future in ended) == 1
    spent = sum(Decimal(task.charged) for task in store.list("team").tasks)
    assert accounts(engine).get("revenue", "0.0000") == f"{spent:.4f}"


def test_a_credit_counts_once_under_its_reference(engine: Engine) -> None:
    assert fund(engine, "5", reference="invoice-7")
    assert not fund(engine, "5", reference="invoice-7")
    assert fund(engine, "5", reference="invoice-8")
    assert accounts(engine) == {"funding": "-10.0000", "available": "10.0000"}


def test_a_wrong_credit_is_taken_back_by_another_but_not_below_zero(engine: Engine) -> None:
    fund(engine, "50")
    fund(engine, "-45", reference="typo")
    with pytest.raises(InsufficientBalance):
        fund(engine, "-5.0001", reference="too much")
    assert accounts(engine) == {"funding": "-5.0000", "available": "5.0000"}


def test_nothing_in_the_ledger_can_be_changed_or_deleted(engine: Engine) -> None:
    fund(engine, "5")
    before = accounts(engine)
    changes = [
        update(ledger_entry).values(amount=Decimal(7)),
        delete(ledger_entry),
        update(ledger_transaction).values(note="never mind"),
        delete(ledger_transaction),
    ]
    for change in changes:
        with pytest.raises(DBAPIError, match="the ledger is never changed"), writing(engine) as connection:
            connection.execute(change)
    assert accounts(engine) == before


def test_tasks_are_forgotten_and_the_ledger_is_not(
    engine: Engine, store: SqlTaskStore, clock: ManualClock
) -> None:
    fund(engine, "1")
    store.add(priced("t1"))
    store.finish(claimed(store), a_success())
    before = accounts(engine)
    clock.advance(seconds=8 * 86400)
    store.delete("t1")
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(task)).scalar() == 0
    assert accounts(engine) == before


def broken_sum(connection: Connection) -> None:
    movement = insert(ledger_transaction).values(
        name="odd", kind="credit", team="team", note="", created_at=1.0
    )
    seq = connection.execute(movement.returning(ledger_transaction.c.seq)).scalar_one()
    connection.execute(insert(ledger_entry).values(seq=seq, account="funding", amount=Decimal(1)))


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (broken_sum, "sums to 1.0000"),
        (lambda connection: connection.execute(update(team).values(balance=Decimal(9))), "balance of 9.0000"),
        (
            lambda connection: connection.execute(update(task).values(reserved=Decimal(2))),
            "has 0.0000 reserved, and tasks for 2.0000",
        ),
        (
            lambda connection: connection.execute(update(task).values(charged=Decimal(3))),
            "is charged 3.0000, and paid 0.0000",
        ),
    ],
)
def test_an_audit_finds_what_does_not_add_up(
    engine: Engine, store: SqlTaskStore, damage: object, found: str
) -> None:
    fund(engine, "1")
    store.add(a_task("t1"))
    assert callable(damage)
    with writing(engine) as connection:
        damage(connection)
        assert any(found in fault for fault in faults(connection))


def test_balances_and_keys_from_before_the_ledger_are_kept(engine: Engine) -> None:
    old, secret = connect_to_first_schema(engine), new_secret()
    with writing(old) as connection:
        for name, balance in (("rich", 123456), ("poor", 0)):
            connection.execute(
                text("INSERT INTO team (team, balance, created_at) VALUES (:name, :balance, 1.5)"),
                {"name": name, "balance": balance},
            )
        connection.execute(
            text(
                "INSERT INTO api_key (key_id, team, name, digest, last4, created_at) "
                "VALUES ('k', 'poor', 'n', :digest, '1234', 1.5)"
            ),
            {"digest": sha256(secret.encode()).hexdigest()},
        )
    assert upgrade_schema(old).found == "0001"
    assert schema_of(old).found == REVISION
    assert accounts(old, "rich") == {"available": "12.3456", "funding": "-12.3456"}
    assert accounts(old, "poor") == {}
    assert KeyStore(old).access(secret) == Access("k", "poor", frozenset({Scope.ADMIN}))
    old.dispose()


def connect_to_first_schema(engine: Engine) -> Engine:
    """The database as it was before there was a ledger."""
    from alembic import command
    from alembic.config import Config

    from omnireel.tasks.migrations.upgrade import FOLDER

    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(text(f"DROP TABLE {table.name}"))
        connection.execute(text("DROP TABLE alembic_version"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION ledger_is_final"))
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(FOLDER))
        command.upgrade(config, "0001")
    return connect(engine.url.render_as_string(hide_password=False))
