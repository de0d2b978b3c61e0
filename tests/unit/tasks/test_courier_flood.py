"""W5: one dead receiver with ten thousand events, and another whose events come after them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, func, insert, select

from omnireel.clock import ManualClock
from omnireel.media.post import Answer, Unreachable
from omnireel.tasks.courier import Courier
from omnireel.tasks.database import reading, writing
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.delivery import DeliveryStatus
from omnireel.tasks.tables import webhook_delivery
from omnireel.tasks.webhook_secrets import WebhookSecrets

FLOOD = 10_000
HEALTHY = 60
DEAD = "dead.example:443"
WELL = "well.example:443"


def hang(released: Event) -> Answer:
    """Takes the connection and says nothing."""
    released.wait(120)
    raise Unreachable(15.0)


def refuse(_: Event) -> Answer:
    raise Unreachable(0.0)


@pytest.mark.parametrize("dying", [hang, refuse])
def test_a_dead_receivers_backlog_keeps_nobody_waiting(
    engine: Engine, clock: ManualClock, dying: Callable[[Event], Answer]
) -> None:
    fill(engine, clock, DEAD, "dead", FLOOD)
    clock.advance(seconds=60)
    fill(engine, clock, WELL, "well", HEALTHY)
    stop, released = Event(), Event()

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return dying(released) if DEAD in url else Answer(200, None, 0.0)

    courier = Courier(
        Deliveries(engine, clock=clock),
        WebhookSecrets(engine, clock),
        render=lambda team, task_id: b"{}",
        post=post,
        clock=clock,
        look=0.01,
    )
    thread = Thread(target=courier.run, args=(stop,))
    thread.start()
    try:
        while (seen := states(engine))[WELL, DeliveryStatus.DELIVERED] < HEALTHY:
            assert thread.is_alive()
            time.sleep(0.05)
    finally:
        stop.set()
        released.set()
        thread.join(60)

    assert seen[WELL, DeliveryStatus.PENDING] == 0
    assert tried(engine, DEAD) < FLOOD / 10


def fill(engine: Engine, clock: ManualClock, target: str, team: str, number: int) -> None:
    """So many events for one receiver, all due now."""
    now = clock.now().timestamp()
    rows = [
        {
            "delivery_id": f"msg_{team}{n}",
            "team": team,
            "task_id": f"{team}{n}",
            "event": "prediction.task.succeeded",
            "url": f"https://{target}/",
            "url_digest": team,
            "target": target,
            "status": DeliveryStatus.PENDING,
            "attempts": 0,
            "tries": 0,
            "due_at": now,
            "created_at": now,
        }
        for n in range(number)
    ]
    with writing(engine) as connection:
        connection.execute(insert(webhook_delivery), rows)


def states(engine: Engine) -> Counter[tuple[str, str]]:
    table = webhook_delivery.c
    wanted = select(table.target, table.status, func.count()).group_by(table.target, table.status)
    with reading(engine) as connection:
        return Counter({(target, status): count for target, status, count in connection.execute(wanted)})


def tried(engine: Engine, target: str) -> int:
    wanted = select(func.count()).where(webhook_delivery.c.target == target, webhook_delivery.c.attempts > 0)
    with reading(engine) as connection:
        return connection.execute(wanted).scalar_one()
