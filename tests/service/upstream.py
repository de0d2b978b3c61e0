"""A second Omnireel to order from: its real HTTP, dispatcher and store, with the fake engine on threads."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.chaos.threads import ThreadExecutor
from tests.service.house import House
from tests.service.served import listening

from omnireel.models import Task
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.tasks.running import Rhythm

BRISK = Rhythm(poll=0.01, claim=0.02, cancel=0.02, progress=0.05, heartbeat=1, drain=0.1, stop=1)

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Any, Send], Awaitable[None]]


@dataclass(frozen=True)
class Upstream:
    """Where it listens and a key for it; `house` is for looking inside."""

    origin: str
    key: str
    house: House

    def options(self, **more: object) -> dict[str, object]:
        """As a table of the settings would have them."""
        return {"base_url": self.origin, "api_key": self.key, "extensions": True, **more}

    @property
    def orders(self) -> tuple[Task, ...]:
        return self.house.store.list("default").tasks


@contextmanager
def upstream(house: House, port: int, folder: Path, *, promises: bool = True) -> Iterator[Upstream]:
    """`house` must have links that lead to the port."""
    stop = threading.Event()
    dispatcher = Dispatcher(house.store, ThreadExecutor(folder), house.blobs, worker="there", rhythm=BRISK)
    thread = threading.Thread(target=dispatcher.run, args=(stop,))
    app: Any = house.app if promises else _without_promise(house.app)
    with listening(replace(house, app=app), port):
        thread.start()
        try:
            yield Upstream(f"http://127.0.0.1:{port}", house.key, house)
        finally:
            stop.set()
            thread.join(20)
            assert not thread.is_alive()


def _without_promise(app: App) -> App:
    """The same service as an older one would be, that never heard of the promise."""

    async def older(scope: Message, receive: Any, send: Send) -> None:
        async def passed_on(message: Message) -> None:
            if "headers" in message:
                kept = [pair for pair in message["headers"] if pair[0].lower() != b"x-idempotency-seconds"]
                message = {**message, "headers": kept}
            await send(message)

        await app(scope, receive, passed_on)

    return older
