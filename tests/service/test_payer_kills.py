"""Attempts killed at any moment around a payment: whatever happens, nobody pays twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import pytest
from tests.real_server import clean_environment
from tests.service import payer, test_kling_engine
from tests.service.house import House
from tests.service.upstream import Upstream, upstream

from omnireel.models import Task

ROOT = Path(__file__).parents[2]
ENOUGH = 200
"""So many kills hit every stretch of an attempt."""
ORDERED = "after it paid"
PATIENCE = 60.0
BEYOND = 1.5
"""How many times as long an attempt may live as one took to order."""


@dataclass(frozen=True)
class Wire:
    """Over which engine an attempt orders, with which options, and whether it can tell what arrived."""

    kind: str
    options: Callable[[Upstream], dict[str, object]]
    promises: bool = True

    def __str__(self) -> str:
        return f"{self.kind.rpartition(':')[2]}-{self.promises}"


MODELLIX = "omnireel.engines.upstream.modellix:ModellixEngine"
WIRES = (Wire(MODELLIX, Upstream.options), Wire(MODELLIX, Upstream.options, promises=False))
KLING = Wire(test_kling_engine.KIND, test_kling_engine.pair_options)


class Payer:
    """The process that the attempts are forked from."""

    def __init__(self, wire: Wire, options: dict[str, object], process: subprocess.Popen[str]) -> None:
        self._ordering = {"kind": wire.kind, "options": options}
        self._process = process

    def attempt(self, folder: Path, life: float | None) -> int:
        """How an attempt ends that is killed after so many seconds, or is left to live."""
        child = self._begin(folder)
        if life is not None:
            time.sleep(life)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self._line())

    def seconds_to_order(self, folder: Path) -> float:
        """How long an attempt that is left to live takes until it has ordered; on this machine, as busy as it
        is now.
        """
        folder.mkdir()
        self._begin(folder)
        began = time.monotonic()
        while state(folder) != ORDERED:
            assert time.monotonic() - began < PATIENCE
            time.sleep(0.001)
        seconds = time.monotonic() - began
        assert int(self._line()) == 0
        return seconds

    def _begin(self, folder: Path) -> int:
        assert self._process.stdin is not None
        order = {"folder": str(folder), **self._ordering}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def paying(there: Upstream, wire: Wire) -> Iterator[Payer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.service.payer", wire.kind], cwd=ROOT, env=clean_environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        yield Payer(wire, wire.options(there), process)


def killed_until(kills: int, payer_of: Payer, root: Path, seed: int) -> Counter[str]:
    """Tasks begun one after the other, their attempts killed, until so many were: how each task ended."""
    # The first one also loads what the others then have.
    _, usual = (payer_of.seconds_to_order(root / f"unharmed-{number}") for number in range(2))
    random, ends = Random(seed), Counter(made=2)
    done = 0
    for number in count():
        if done >= kills:
            return ends
        folder = root / f"task-{number}"
        folder.mkdir()
        for life in (*(random.uniform(0, BEYOND * usual) for _ in range(4)), None):
            status = payer_of.attempt(folder, life)
            if status != -signal.SIGKILL:
                break
            done += 1
            ends[f"killed {state(folder)}"] += 1
        ends["unknown" if status == payer.UNKNOWN else "made"] += 1
        assert status in {0, payer.UNKNOWN}
    raise AssertionError


def state(folder: Path) -> str:
    """How far a killed attempt, or one before it, had come."""
    note = folder / "note"
    if not note.exists():
        return "before it paid"
    return ORDERED if json.loads(note.read_text())["order_id"] else "while it paid"


SLOW = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("wire", "kills"),
    [
        *(pytest.param(wire, 10, id=f"{wire}-10") for wire in (*WIRES, KLING)),
        *(pytest.param(wire, 200, id=f"{wire}-200", marks=SLOW) for wire in WIRES),
        pytest.param(KLING, 40, id=f"{KLING}-40", marks=SLOW),
    ],
)
def test_nobody_pays_twice(standing: House, port: int, tmp_path: Path, wire: Wire, kills: int) -> None:
    promises = wire.promises
    with (
        upstream(standing, port, tmp_path / "there", promises=promises) as there,
        paying(there, wire) as payer_of,
    ):
        ends = killed_until(kills, payer_of, tmp_path, seed=kills)
        prompts = Counter(task.request.prompt for task in everything(there))
    print(f"{kills} kills: {dict(ends)}, {len(prompts)} orders")
    if kills >= ENOUGH:
        assert all(ends[f"killed {when} it paid"] for when in ("before", "while", "after"))
        assert promises or ends["unknown"]
    assert max(prompts.values()) == 1
    assert len(prompts) >= ends["made"]
    if promises:
        assert ends["unknown"] == 0
        assert len(prompts) == ends["made"]


def everything(there: Upstream) -> Iterator[Task]:
    cursor = None
    while True:
        page = there.house.store.list("default", limit=100, cursor=cursor)
        yield from page.tasks
        if (cursor := page.next_cursor) is None:
            return
