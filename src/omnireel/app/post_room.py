"""Webhooks on their way out."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Event, Thread

from omnireel.api.dialects.told import told
from omnireel.app.house import House
from omnireel.clock import SystemClock
from omnireel.media.post import post, post_policy
from omnireel.tasks.courier import Courier

SECONDS = 30.0
"""How long a delivery may still take when the process is to end."""


class PostRoom:
    """The part of the service that tells others what became of their tasks, on a thread of its own."""

    def __init__(self, house: House) -> None:
        settings = house.settings
        lifetime = timedelta(seconds=settings.link_seconds)

        def render(team: str, task_id: str) -> bytes:
            return told(house.store.get(team, task_id), lambda key: house.blobs.sign(key, lifetime))

        courier = Courier(
            house.deliveries,
            house.secrets,
            render=render,
            post=partial(post, policy=post_policy(allow_private=settings.allow_private_network)),
            clock=SystemClock(),
            instruments=house.instruments,
        )
        self._stop = Event()
        self._thread = Thread(target=courier.run, args=(self._stop,), name="courier", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Begin nothing more and wait for what is under way, at most half a minute."""
        self._stop.set()
        self._thread.join(SECONDS)
