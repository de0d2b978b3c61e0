"""Processes to be killed, forked from one that has imported everything already.

Run as `python -m tests.chaos.nursery`. Reads one JSON list a line, answers one JSON value a line:
`["start", places, role, crash_point, options]` → process number; `["kill", number, signal]` → exit code,
negative for a signal; `["poll", number]` → the same, or null while it lives. When its input ends it kills all
that is left.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from typing import Any

from tests.chaos.places import Places

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


class Nursery:
    """Starts processes of ours quickly and knows how they ended. Any thread may call it."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"],
            cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lock = Lock()

    def start(self, places: Places, role: str, crash_point: str = "", **options: Any) -> int:
        return int(self._ask(["start", asdict(places), role, crash_point, options]))

    def kill(self, pid: int) -> None:
        """kill -9; it must not have ended before."""
        assert self._ask(["kill", pid, signal.SIGKILL]) == -signal.SIGKILL

    def end(self, pid: int) -> None:
        """Ask it to stop, and see that it does."""
        os.kill(pid, signal.SIGTERM)
        assert self.wait(pid) == 0

    def ended(self, pid: int) -> int | None:
        """The exit code, None while it lives; told once."""
        code = self._ask(["poll", pid])
        return None if code is None else int(code)

    def wait(self, pid: int) -> int:
        """The exit code; has it dump core when it has not ended after half a minute."""
        deadline = time.monotonic() + PATIENCE
        while (code := self.ended(pid)) is None:
            if time.monotonic() > deadline:
                return int(self._ask(["kill", pid, signal.SIGABRT]))
            time.sleep(0.003)
        return code

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)

    def _ask(self, question: list[Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(question, default=str) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


def start(places: Places, role: str, crash_point: str, options: dict[str, Any]) -> int:
    """Fork a process for this role."""
    from tests.chaos.roles import ROLES, warm_up_for

    from omnireel import crashpoints

    warm_up_for(role)
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        place = os.devnull if options.pop("quiet", False) else places.root / "log"
        log = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        crashpoints.arm(crash_point)
        ROLES[role](replace(places, pages=options.pop("pages", 0)), options)
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def answer(question: list[Any], living: set[int]) -> int | None:
    match question:
        case ["start", places, role, crash_point, options]:
            pid = start(Places(**places | {"root": Path(places["root"])}), role, crash_point, options)
            living.add(pid)
            return pid
        case ["kill", pid, number]:
            os.kill(pid, number)
            return _reap(pid, 0, living)
        case ["poll", pid]:
            return _reap(pid, os.WNOHANG, living)
    raise ValueError(f"nobody here does {question[0]!r}")


def _reap(pid: int, how: int, living: set[int]) -> int | None:
    found, status = os.waitpid(pid, how)
    if not found:
        return None
    living.discard(pid)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    # Once, here, for all processes to come.
    from tests.chaos.roles import warm_up

    warm_up()
    # A stop that comes before a process listens waits until it does.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    living: set[int] = set()
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(answer(json.loads(line), living))}\n")
        sys.stdout.flush()
    for pid in list(living):
        os.kill(pid, signal.SIGKILL)
        _reap(pid, 0, living)


if __name__ == "__main__":
    main()
