from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from omnireel.api.lookout import Lookout
from omnireel.models import Progress, TaskStatus
from omnireel.tasks.bell import Bell
from omnireel.tasks.store import Glimpse

AN_HOUR = 3600.0


def test_a_ring_is_reason_to_look_at_once() -> None:
    seen = {"t1": Glimpse(TaskStatus.PROCESSING, 1, Progress(0.5))}
    endings = Bell()

    def look(task_ids: Collection[str]) -> Mapping[str, Glimpse]:
        return dict(seen)

    async def wait_for_the_end() -> Glimpse | None:
        with Lookout(look, endings, every=AN_HOUR).watch("t1") as watch:
            while not watch.seen:
                await watch.wait(60)
            seen["t1"] = Glimpse(TaskStatus.SUCCESS, 1, Progress(1.0))
            endings.ring()
            await watch.wait(60)
            return watch.latest

    latest = asyncio.run(wait_for_the_end())
    # Its thread sees at its next look that nobody waits any more.
    endings.ring()

    assert latest is not None
    assert latest.status is TaskStatus.SUCCESS
