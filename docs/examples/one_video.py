"""Restyle a clip and save what comes of it: `python one_video.py clip.mp4 clay.mp4`."""

from __future__ import annotations

import sys

from omnireel import Client, Task, TaskFailed


def show(task: Task) -> None:
    progress = f"{task.progress:.0%}" if task.progress is not None else ""
    print(task.status, progress, task.note, file=sys.stderr)


def main(source: str, target: str) -> None:
    prompt = "Restyle the source video into a clay-animation look while preserving the original motion feel"
    with Client() as client:
        try:
            result = client.videos.create_and_wait(prompt, video=source, mode="std", on_update=show)
        except TaskFailed as error:
            sys.exit(f"{error.type}: {error}")
        print(result.download(target))
        for warning in result.warnings:
            print("not done:", warning, file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:3])
