"""Attempts killed at any moment around a payment: whatever happens, nobody pays twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from random import Random

import pytest
from tests.real_server import clean_environment
from tests.service import payer
from tests.service.house import House
from tests.service.upstream import Upstream, upstream

from omnireel.models import Task

ROOT = Path(__file__).parents[2]
ENOUGH = 200
"""So many kills hit every stretch of an attempt."""
LONGEST_LIFE = 0.15
"""Seconds; an attempt orders within a tenth of one."""


class Payer:
    """The process that the attempts are forked from."""

    def __init__(self, there: Upstream, process: subprocess.Popen[str]) -> None:
        self._there = there
        self._process = process

    def attempt(self, folder: Path, life: float | None) -> int:
        """How an attempt ends that is killed after so many seconds, or is left to live."""
        assert self._process.stdin is not None
        order = {"folder": str(folder), "options": self._there.options()}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        child = int(self._line())
        if life is not None:
            time.sleep(life)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def paying(there: Upstream) -> Iterator[Payer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.service.payer"], cwd=ROOT, env=clean_environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        yield Payer(there, process)


def killed_until(kills: int, payer_of: Payer, root: Path, seed: int) -> Counter[str]:
    """Tasks begun one after the other, their attempts killed, until so many were: how each task ended."""
    random, ends = Random(seed), Counter[str]()
    done = 0
    for number in count():
        if done >= kills:
            return ends
        folder = root / f"task-{number}"
        folder.mkdir()
        for life in (*(random.uniform(0, LONGEST_LIFE) for _ in range(4)), None):
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
    return "after it paid" if json.loads(note.read_text())["order_id"] else "while it paid"


@pytest.mark.parametrize("promises", [True, False])
@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_nobody_pays_twice(standing: House, port: int, tmp_path: Path, kills: int, promises: bool) -> None:
    with upstream(standing, port, tmp_path / "there", promises=promises) as there, paying(there) as payer_of:
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
