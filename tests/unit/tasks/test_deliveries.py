"""The outbox: written with the outcome, tried by one at a time, logged, switched off, swept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from omnireel.clock import ManualClock
from omnireel.errors import InvalidFormat, InvalidRequest, NotFound
from omnireel.models import Failed, Stopped, TaskStatus
from omnireel.tasks.deliveries import KEPT, LEASE, Busy, Deliveries
from omnireel.tasks.delivery import (
    LONGEST_LOG,
    SCHEDULE,
    AttemptFault,
    Delivery,
    DeliveryStatus,
    Due,
    Result,
    fault_of,
)
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.store import NewTask
from omnireel.testing.task_store import a_request, a_success, claimed

URL = "https://hooks.example/omnireel"
DAY = 86_400
NOBODY = Busy()


class Outbox:
    """Tasks and deliveries of one database, by one clock, without jitter."""

    def __init__(self, engine: Engine, clock: ManualClock) -> None:
        self.engine = engine
        self.clock = clock
        self.store = SqlTaskStore(engine, lease=timedelta(seconds=30), max_attempts=1, clock=clock)
        self.deliveries = Deliveries(engine, clock=clock, chance=lambda: 0.5)

    def add(self, task_id: str, *, team: str = "team", url: str | None = URL) -> None:
        self.store.add(NewTask(task_id, team, a_request(), "studio", 7, webhook_url=url))

    def end(self, task_id: str, *, team: str = "team", url: str | None = URL) -> None:
        self.add(task_id, team=team, url=url)
        assert self.store.finish(claimed(self.store), a_success())

    def due(self, busy: Busy = NOBODY) -> Due:
        due = self.deliveries.claim(busy)
        assert due is not None
        return due

    def answered(self, status: int, due: Due | None = None, *, retry_after: float = 0.0) -> object:
        result = Result(fault_of(status), 0.25, status, retry_after)
        return self.deliveries.settle(due or self.due(), result)

    def all(self, team: str = "team") -> tuple[Delivery, ...]:
        return self.deliveries.list(team, limit=100).deliveries

    def only(self) -> Delivery:
        (delivery,) = self.all()
        return delivery


@pytest.fixture
def outbox(engine: Engine, clock: ManualClock) -> Outbox:
    return Outbox(engine, clock)


def succeed(outbox: Outbox) -> None:
    assert outbox.store.finish(claimed(outbox.store), a_success())


def fail(outbox: Outbox) -> None:
    assert outbox.store.finish(claimed(outbox.store), Failed("engine_failed", "no"))


def stop(outbox: Outbox) -> None:
    claim = claimed(outbox.store)
    outbox.store.cancel("team", "t1")
    assert outbox.store.finish(claim, Stopped())


def cancel_idle(outbox: Outbox) -> None:
    outbox.store.cancel("team", "t1")


def give_up(outbox: Outbox) -> None:
    status = outbox.store.retry(claimed(outbox.store), "no disk", timedelta(0))
    assert status is TaskStatus.FAILED


def cancel_in_retry(outbox: Outbox) -> None:
    claim = claimed(outbox.store)
    outbox.store.cancel("team", "t1")
    assert outbox.store.retry(claim, "no disk", timedelta(0)) is TaskStatus.CANCELED


def cancel_in_release(outbox: Outbox) -> None:
    claim = claimed(outbox.store)
    outbox.store.cancel("team", "t1")
    assert outbox.store.release(claim)


def reap(outbox: Outbox) -> None:
    claimed(outbox.store)
    outbox.clock.advance(seconds=31)
    assert outbox.store.reap() == 1


@pytest.mark.parametrize(
    ("ending", "event"),
    [
        (succeed, "succeeded"),
        (fail, "failed"),
        (stop, "canceled"),
        (cancel_idle, "canceled"),
        (give_up, "failed"),
        (cancel_in_retry, "canceled"),
        (cancel_in_release, "canceled"),
        (reap, "failed"),
    ],
)
def test_every_ending_is_told_once(outbox: Outbox, ending: Callable[[Outbox], None], event: str) -> None:
    outbox.add("t1")
    assert outbox.deliveries.claim() is None
    ending(outbox)
    delivery = outbox.only()
    assert (delivery.event, delivery.task_id, delivery.url) == (f"prediction.task.{event}", "t1", URL)
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.PENDING, ())
    assert delivery.next_attempt_at == delivery.created_at == outbox.clock.now()
    assert delivery.delivery_id.startswith("msg_")
    assert "." not in delivery.delivery_id


def test_a_task_without_a_webhook_is_not_told(outbox: Outbox) -> None:
    outbox.end("t1", url=None)
    assert outbox.all() == ()


def test_an_attempt_is_made_by_one_and_logged(outbox: Outbox) -> None:
    outbox.end("t1")
    due = outbox.due()
    assert outbox.deliveries.claim() is None
    assert (due.task_id, due.team, due.body, due.number, due.tries) == ("t1", "team", None, 1, 1)
    assert due.target == "hooks.example:443"
    (under_way,) = outbox.only().attempts
    assert (under_way.error, under_way.status_code) == (AttemptFault.UNFINISHED, None)
    assert outbox.only().next_attempt_at is None

    assert outbox.deliveries.freeze(due, b"{}")
    assert outbox.answered(202, due) is DeliveryStatus.DELIVERED
    (attempt,) = outbox.only().attempts
    assert (attempt.number, attempt.at, attempt.error) == (1, outbox.clock.now(), None)
    assert (attempt.status_code, attempt.latency_ms) == (202, 250)
    assert outbox.only().status is DeliveryStatus.DELIVERED
    outbox.clock.advance(seconds=DAY)
    assert outbox.deliveries.claim() is None


def test_ten_attempts_come_at_the_right_times_and_then_it_is_dead(outbox: Outbox) -> None:
    outbox.end("t1")
    for number, pause in enumerate(SCHEDULE, 1):
        if pause:
            outbox.clock.advance(seconds=pause - 1)
            assert outbox.deliveries.claim() is None
            outbox.clock.advance(seconds=1)
        due = outbox.due()
        assert due.number == number
        status = outbox.answered(500, due)
    assert status is DeliveryStatus.DEAD
    assert [attempt.error for attempt in outbox.only().attempts] == [AttemptFault.SERVER_ERROR] * 10
    outbox.clock.advance(seconds=7 * DAY)
    assert outbox.deliveries.claim() is None


def test_every_attempt_sends_what_the_first_one_froze(outbox: Outbox) -> None:
    outbox.end("t1")
    first = outbox.due()
    outbox.deliveries.freeze(first, b'{"code": 0}')
    outbox.answered(503, first, retry_after=60)
    outbox.clock.advance(seconds=59)
    assert outbox.deliveries.claim() is None
    outbox.clock.advance(seconds=1)
    second = outbox.due()
    assert (second.delivery_id, second.body) == (first.delivery_id, b'{"code": 0}')


def test_a_lost_attempt_is_made_again_by_another_and_fenced_off(outbox: Outbox) -> None:
    outbox.end("t1")
    lost = outbox.due()
    outbox.clock.advance(seconds=LEASE.total_seconds() - 1)
    assert outbox.deliveries.claim() is None
    outbox.clock.advance(seconds=1)
    again = outbox.due()
    assert (again.delivery_id, again.number) == (lost.delivery_id, 2)
    assert not outbox.deliveries.freeze(lost, b"late")
    assert outbox.answered(200, lost) is None
    assert outbox.answered(500, again) is DeliveryStatus.PENDING


def test_a_delivery_whose_attempts_all_die_is_dead(outbox: Outbox) -> None:
    outbox.end("t1")
    for _ in SCHEDULE:
        outbox.due()
        outbox.clock.advance(seconds=LEASE.total_seconds())
    assert outbox.deliveries.claim() is None
    assert outbox.deliveries.reap() == 1
    assert outbox.only().status is DeliveryStatus.DEAD


def test_the_busy_are_passed_over(outbox: Outbox) -> None:
    outbox.end("t1", url="https://slow.example/")
    outbox.end("t2", url="https://quick.example:8443/", team="other")
    outbox.end("t3", url="https://quick.example:8443/")
    assert outbox.due(Busy(targets=["slow.example:443"])).task_id == "t2"
    assert outbox.due(Busy(targets=["slow.example:443"], teams=["other"])).task_id == "t3"
    assert outbox.deliveries.claim(Busy(teams=["team"])) is None


def test_410_switches_the_address_off_for_that_team(outbox: Outbox) -> None:
    outbox.end("t1")
    outbox.end("t2")
    assert outbox.answered(410) is DeliveryStatus.DISABLED
    outbox.end("t3")
    outbox.end("t4", url=URL + "/other")
    outbox.end("t5", team="other")
    found = {delivery.task_id: delivery.status for delivery in (*outbox.all(), *outbox.all("other"))}
    off, on = DeliveryStatus.DISABLED, DeliveryStatus.PENDING
    assert found == {"t1": off, "t2": off, "t3": off, "t4": on, "t5": on}
    assert outbox.all()[1].attempts == ()


def test_a_resend_that_is_taken_switches_the_address_on_again(outbox: Outbox) -> None:
    outbox.end("t1")
    outbox.answered(410)
    outbox.deliveries.resend("team", outbox.only().delivery_id)
    assert outbox.answered(200) is DeliveryStatus.DELIVERED
    outbox.end("t2")
    assert outbox.due().task_id == "t2"


@pytest.mark.parametrize("status", [200, 404, 410])
def test_a_resend_goes_out_at_once_under_the_same_id(outbox: Outbox, status: int) -> None:
    outbox.end("t1")
    first = outbox.due()
    outbox.deliveries.freeze(first, b"the same")
    outbox.answered(status, first)
    resent = outbox.deliveries.resend("team", first.delivery_id)
    assert (resent.status, resent.next_attempt_at) == (DeliveryStatus.PENDING, outbox.clock.now())
    again = outbox.due()
    assert (again.delivery_id, again.body, again.number) == (first.delivery_id, b"the same", 2)
    assert again.tries == 1


def test_a_resend_brings_the_next_attempt_forward_and_leaves_one_under_way_alone(outbox: Outbox) -> None:
    outbox.end("t1")
    outbox.answered(500)
    outbox.deliveries.resend("team", outbox.only().delivery_id)
    due = outbox.due()
    outbox.deliveries.resend("team", due.delivery_id)
    assert outbox.deliveries.claim() is None
    assert outbox.answered(200, due) is DeliveryStatus.DELIVERED


def test_resends_end_with_the_log(outbox: Outbox) -> None:
    outbox.end("t1")
    for _ in range(LONGEST_LOG - 1):
        outbox.answered(404)
        outbox.deliveries.resend("team", outbox.only().delivery_id)
    outbox.answered(404)
    with pytest.raises(InvalidRequest, match="100 times"):
        outbox.deliveries.resend("team", outbox.only().delivery_id)


def test_pages_go_from_the_newest_to_the_oldest(outbox: Outbox) -> None:
    for n in range(5):
        outbox.end(f"t{n}")
    first = outbox.deliveries.list("team", limit=2)
    second = outbox.deliveries.list("team", limit=3, cursor=first.next_cursor)
    assert [delivery.task_id for delivery in first.deliveries + second.deliveries] == [
        "t4", "t3", "t2", "t1", "t0",
    ]  # fmt: skip
    assert second.next_cursor is None
    (one,) = outbox.deliveries.list("team", task_id="t2").deliveries
    assert one.task_id == "t2"
    with pytest.raises(InvalidFormat, match="cursor"):
        outbox.deliveries.list("team", cursor="msg_unknown")


def test_a_team_sees_and_resends_only_its_own(outbox: Outbox) -> None:
    outbox.end("t1")
    delivery_id = outbox.only().delivery_id
    assert outbox.all("other") == ()
    for ask in (outbox.deliveries.get, outbox.deliveries.resend):
        with pytest.raises(NotFound, match="no such webhook delivery"):
            ask("other", delivery_id)
    with pytest.raises(InvalidFormat):
        outbox.deliveries.list("other", cursor=delivery_id)


def test_what_has_ended_is_forgotten_after_thirty_days(outbox: Outbox) -> None:
    outbox.end("t1")
    outbox.answered(410)
    outbox.end("t2", url=URL + "/2")
    outbox.clock.advance(seconds=KEPT.total_seconds() - 1)
    assert outbox.deliveries.sweep() == 0
    outbox.clock.advance(seconds=1)
    assert outbox.deliveries.sweep() == 1
    assert outbox.only().task_id == "t2"
    outbox.end("t3")
    assert outbox.all()[0].status is DeliveryStatus.PENDING
