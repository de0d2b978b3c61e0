"""Make several videos at once and save each as it is ready: `python many_videos.py "a red fox" "a hen"`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from omnireel import AsyncClient, TaskFailed


async def make(client: AsyncClient, prompt: str, folder: Path) -> None:
    task = await client.videos.create(prompt, mode="std")
    async with client.tasks.events(task.task_id) as events:
        async for event in events:
            print(prompt, event.type, event.task.status, event.task.progress, file=sys.stderr)
    try:
        result = await client.tasks.wait(task.task_id)
    except TaskFailed as error:
        print(f"{prompt}: {error}", file=sys.stderr)
    else:
        print(await result.download(folder))


async def main(prompts: list[str]) -> None:
    async with AsyncClient() as client, asyncio.TaskGroup() as group:
        for prompt in prompts:
            group.create_task(make(client, prompt, Path()))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
