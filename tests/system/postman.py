"""A courier to be killed: `python -m tests.system.postman DATABASE`. Says `ready` and delivers until then."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import partial
from threading import Event

from omnireel.api.task_answer import poll_body
from omnireel.clock import SystemClock
from omnireel.media.post import post, post_policy
from omnireel.tasks.courier import Courier
from omnireel.tasks.database import open_database
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.sql import SqlTaskStore
from omnireel.tasks.webhook_secrets import WebhookSecrets

LEASE = timedelta(seconds=1)


def main() -> None:
    database = open_database(sys.argv[1])
    store = SqlTaskStore(database)
    courier = Courier(
        Deliveries(database, lease=LEASE),
        WebhookSecrets(database, SystemClock()),
        render=lambda team, task_id: poll_body(store.get(team, task_id), str),
        post=partial(post, policy=post_policy(allow_private=True)),
        clock=SystemClock(),
        look=0.02,
    )
    print("ready", flush=True)
    courier.run(Event())


if __name__ == "__main__":
    main()
