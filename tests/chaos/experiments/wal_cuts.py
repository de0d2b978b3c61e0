"""SQLite's log cut off anywhere: what was acknowledged up to the cut is there, and nothing is half there.

All writers are stopped at a random moment (SIGSTOP: also in the middle of a write) and the database and its
log copied. Each cut shortens a copy of the log, at a random byte or between two frames, and opens the result
as a server would. A submitter's receipt says how far the log was written when it was given, so it is known
which receipts a cut must keep. Frames that a checkpoint has begun to move are never cut: SQLite syncs the log
before, and a disk that loses what it synced keeps no promise at all.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil
from sqlalchemy import Engine, text
from tests.chaos.experiments.worker_kills import settled
from tests.chaos.judge import broken
from tests.chaos.verdict import Verdict
from tests.chaos.world import Ground, World, until

from omnireel.tasks.audit import faults
from omnireel.tasks.database import open_database, reading

CUTS_EACH = 25
"""Cuts of one copy."""
CUTS_OF_A_WORLD = 250
"""So that a database stays small enough to be copied often."""
PAUSE = 0.5
"""Most seconds of load between two copies."""
HEADER, FRAME_HEADER, PAGE = 32, 24, 4096
AT_BOUNDARIES = 0.5
"""How likely a cut is between two frames."""
HALVES = (
    # An ending has its row, its trigger's row and its webhook, or none of them.
    "SELECT task_id FROM task WHERE completed_at IS NOT NULL AND task_id NOT IN (SELECT task_id FROM ending)",
    "SELECT task_id FROM ending GROUP BY task_id HAVING count(*) > 1",
    """SELECT task_id FROM task_webhook JOIN task USING (task_id) WHERE (completed_at IS NOT NULL)
       <> (task_id IN (SELECT task_id FROM webhook_delivery))""",
    # A submit has its name and its webhook, or none of them.
    "SELECT task_id FROM task WHERE task_id NOT IN (SELECT task_id FROM idempotency)",
    "SELECT task_id FROM idempotency WHERE task_id NOT IN (SELECT task_id FROM task)",
    "SELECT task_id FROM task WHERE task_id NOT IN (SELECT task_id FROM task_webhook)",
)
"""Whatever these find was written by half."""


@dataclass(frozen=True)
class Copy:
    """A database and its log, as they were at one moment."""

    database: Path
    log: bytes
    kept: int
    """Bytes of the log that no power cut takes: a checkpoint may have moved what they say."""
    receipts: list[tuple[str, str, int]]
    """Task, the log's salts and its last frame when the task was acknowledged."""
    tasks: list[str]
    """All tasks of the uncut copy, in the order of their commits."""

    @property
    def salts(self) -> str:
        return self.log[16:24].hex()

    @property
    def frame(self) -> int:
        return frame_bytes(self.log)

    def acknowledged(self, cut: int) -> set[str]:
        """The tasks that must be there when the log ends at `cut`; what earlier logs held was moved."""
        frames = (cut - HEADER) // self.frame
        return {task for task, salts, last in self.receipts if salts != self.salts or last <= frames}


def frame_bytes(log: bytes) -> int:
    """Bytes of a frame, by the page size in the log's header."""
    size = struct.unpack_from(">I", log, 8)[0] if len(log) >= HEADER else PAGE
    return FRAME_HEADER + size


def run(ground: Ground, count: int, seed: int) -> Verdict:
    dice = Random(seed)
    verdict = Verdict()
    for done in range(0, count, CUTS_OF_A_WORLD):
        with ground.world(f"world-{done}") as world:
            verdict += _cut_often(world, min(CUTS_OF_A_WORLD, count - done), dice)
    return verdict


def _cut_often(world: World, count: int, dice: Random) -> Verdict:
    # Cuts are to take tasks away, not the tables.
    with world.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    submitters = [world.start("submitter", pause=0.01) for _ in range(2)]
    worker = world.start("worker")
    until(world.places.receipts.exists, "a receipt")
    verdict = Verdict()
    for first in range(0, count, CUTS_EACH):
        time.sleep(dice.uniform(0.0, PAUSE))
        copy = _copy(world, world.places.root / "copy", [*submitters, worker])
        for cut in _cuts(copy, min(CUTS_EACH, count - first), dice):
            verdict += _check(copy, cut)
    for pid in submitters:
        world.kill(pid)
    world.end(worker)
    verdict += settled(world, count)
    return verdict


def _cuts(copy: Copy, wanted: int, dice: Random) -> Iterator[int]:
    """Lengths to cut the log to."""
    for _ in range(wanted):
        cut = dice.randint(copy.kept, len(copy.log))
        if dice.random() < AT_BOUNDARIES:
            cut = max(copy.kept, HEADER + (cut - HEADER) // copy.frame * copy.frame)
        yield cut


def _copy(world: World, folder: Path, writers: list[int]) -> Copy:
    root = world.places.root
    files = [root / f"omnireel.db{suffix}" for suffix in ("", "-wal", "-shm")]
    folder.mkdir(exist_ok=True)
    with _stopped(writers):
        # By another process: closing these files would cost this one the locks it has on them.
        subprocess.run(["cp", *files, world.places.receipts, folder], check=True)
    database, log, index = (folder / file.name for file in files)
    receipts = (folder / "receipts").read_text().splitlines(keepends=True)
    acknowledged = [json.loads(line) for line in receipts if line.endswith("\n")]
    placed = [(task, *place) for _, task, place in acknowledged if place]
    copy = Copy(database, log.read_bytes(), _kept(log.read_bytes(), index.read_bytes()), placed, [])
    for file in (log, index):
        file.unlink()
    with _cut(copy, len(copy.log)) as engine:
        copy.tasks.extend(_tasks(engine))
    return copy


def _kept(log: bytes, index: bytes) -> int:
    """See "WAL-Index Header" and "WAL Checkpoint Information" in SQLite's "WAL-mode File Format"."""
    if index[32:40] != log[16:24]:
        # Just begun anew, and the old one still there: all of it was moved.
        return len(log)
    moved = max(struct.unpack_from("=I", index, 96)[0], struct.unpack_from("=I", index, 128)[0])
    return HEADER + moved * frame_bytes(log) if moved else 0


@contextmanager
def _stopped(writers: list[int]) -> Iterator[None]:
    for pid in writers:
        os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: all(map(_stands, writers)), "the writers to stop")
        yield
    finally:
        for pid in writers:
            os.kill(pid, signal.SIGCONT)


def _stands(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


@contextmanager
def _cut(copy: Copy, length: int) -> Iterator[Engine]:
    """The database with a log of this length, opened as a server would."""
    place = copy.database.with_name("cut.db")
    shutil.copy(copy.database, place)
    place.with_name("cut.db-wal").write_bytes(copy.log[:length])
    engine = open_database(place)
    # Closing moves the log into the file, which nobody needs to survive.
    with engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA synchronous=OFF").close()
    try:
        yield engine
    finally:
        engine.dispose()
        for file in place.parent.glob("cut.db*"):
            file.unlink()


def _check(copy: Copy, cut: int) -> Verdict:
    verdict, where = Verdict(), f"cut at {cut} of {len(copy.log)}"
    with _cut(copy, cut) as engine:
        tasks = _tasks(engine)
        missing = sorted(copy.acknowledged(cut) - set(tasks))
        verdict.lost += [f"{where}: {name} was acknowledged and is not there" for name in missing]
        if tasks != copy.tasks[: len(tasks)]:
            verdict.corrupt.append(f"{where}: what is left is not what was written first")
        with reading(engine) as connection:
            verdict.wrongly_charged += [f"{where}: {fault}" for fault in faults(connection)]
            verdict.corrupt += [f"{where}: {fault}" for fault in broken(connection)]
            verdict.doubled += [
                f"{where}: {row}" for query in HALVES for row in connection.execute(text(query)).scalars()
            ]
    return verdict


def _tasks(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(text("SELECT task_id FROM task ORDER BY seq")).scalars())
