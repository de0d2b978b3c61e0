"""A service on two nodes, one of which dies half-way: what it costs.

    python -m tests.cluster.demo [--jobs 40] [--studio 2]

Starts PostgreSQL, an S3 server, a Ray of two nodes and two API servers on loopback, has them do jobs of
several kinds, kills one node when half of them have ended, and prints what became of all. Exits with 1 unless
all succeeded, each once.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from tests.cluster.stage import Stage, stage
from tests.cluster.watching import Watched
from tests.media_files import make_image

from omnireel.app.node import open_node

CPUS = 2
PATIENCE = 900.0


@dataclass(frozen=True)
class Report:
    """What became of the jobs. Seconds."""

    jobs: int
    outcomes: Counter[str]
    twice: int
    wrong: int
    """Results whose bytes are not those that were promised."""
    again: int
    thrown_away: float
    """Work that died with the node, of all attempts together."""
    slowest: float
    """From the kill until the last of these tasks was begun again."""
    kill_after: float
    wall: float

    @property
    def good(self) -> bool:
        return self.outcomes["success"] == self.jobs and not self.twice and not self.wrong


def main() -> int:
    asked = _arguments()
    if asked.studio:
        print("preparing the studio engine, a minute the first time ...", flush=True)
        prepare("studio")
    print("starting PostgreSQL, an S3 server, a Ray of two nodes, two API servers ...", flush=True)
    with stage(cpus=CPUS) as scene:
        report = perform(scene, asked.jobs, asked.studio)
    print("\n".join(_table(report)))
    return 0 if report.good else 1


def prepare(engine: str) -> None:
    """Have the kernels that the nodes will find; else each would compile them in the middle of it."""
    with tempfile.TemporaryDirectory() as folder:
        executor = open_node({"data": folder}, threads=CPUS)
        try:
            executor.prepare(engine)
        finally:
            executor.close()


def perform(scene: Stage, jobs: int, studio: int) -> Report:
    """Submit jobs, kill the second node half-way, wait for the end."""
    began = time.monotonic()
    bodies = _bodies(jobs, studio)
    names = [scene.servers[number % 2].submit(**body) for number, body in enumerate(bodies)]
    watched = Watched(scene.database, names)
    watched.until(lambda: watched.ended * 2 >= jobs, PATIENCE)
    killed_at = time.monotonic()
    running = watched.running()
    scene.second.kill()
    print(f"node 2 killed, {watched.ended} of {jobs} had ended, {len(running)} were worked on", flush=True)
    watched.until(lambda: watched.ended == jobs, PATIENCE)
    wall = time.monotonic() - began
    again = {name: attempt for name, attempt in running.items() if (name, attempt + 1) in watched.seen}
    begun = [watched.seen[name, attempt + 1] - killed_at for name, attempt in again.items()]
    ended = watched.endings()
    return Report(
        jobs=jobs,
        outcomes=Counter(watched.status[name] for name in names),
        twice=sum(ended[name] != 1 for name in names),
        wrong=sum(not _as_promised(scene, name) for name in names),
        again=len(again),
        thrown_away=sum(killed_at - watched.seen[name, attempt] for name, attempt in again.items()),
        slowest=max(begun, default=0.0),
        kill_after=killed_at - began,
        wall=wall,
    )


def _bodies(jobs: int, studio: int) -> list[dict[str, Any]]:
    """Jobs of several kinds; those of the studio come first, so that one is likely to be on either node."""
    with tempfile.TemporaryDirectory() as folder:
        picture = base64.b64encode(make_image(Path(folder) / "picture.png").read_bytes()).decode()
    kinds: list[dict[str, Any]] = [
        {"prompt": "a fox in the snow fake:seconds=2"},
        {"prompt": "the same from a picture fake:read fake:seconds=2", "images": [picture]},
        {"prompt": "a long walk fake:seconds=3 fake:frames=240", "duration": 10},
        {"prompt": "upright fake:seconds=1", "aspect_ratio": "9:16", "mode": "pro"},
    ]
    made = {"prompt": "A red fox walks through falling snow", "mode": "std", "engine": "studio"}
    return [made if number < studio else kinds[number % len(kinds)] for number in range(jobs)]


def _as_promised(scene: Stage, name: str) -> bool:
    """Whether the other server, too, hands out what the row promises."""
    task = scene.servers[1].task(name)
    if task["status"] != "success":
        return False
    video = task["result"]["resources"][0]
    with httpx2.Client(follow_redirects=True, trust_env=False) as visitor:
        return hashlib.sha256(visitor.get(video["url"]).content).hexdigest() == str(video["sha256"])


def _table(report: Report) -> list[str]:
    rows = [
        ("jobs", f"{report.jobs}"),
        ("succeeded", f"{report.outcomes['success']}"),
        ("failed or lost", f"{report.jobs - report.outcomes['success']}"),
        ("ended twice", f"{report.twice}"),
        ("files not as promised", f"{report.wrong}"),
        ("begun again after the kill", f"{report.again}"),
        ("work thrown away", f"{report.thrown_away:.1f} s"),
        ("last begun again after", f"{report.slowest:.1f} s"),
        ("node killed after", f"{report.kill_after:.1f} s"),
        ("all of it", f"{report.wall:.1f} s"),
    ]
    return [f"  {name:<28}{value:>10}" for name, value in rows]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=40)
    parser.add_argument("--studio", type=int, default=2, help="how many of them are the studio's")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
