"""`omnireel serve` in a process of its own, with the fake engine unless told otherwise."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

FAKE = "omnireel.testing.fake_engine:FakeEngine"


@dataclass(frozen=True)
class RealServer:
    """Where it listens and the first key it made. `folder` is where it was started."""

    origin: str
    key: str = field(repr=False)
    folder: Path
    process: subprocess.Popen[str] = field(repr=False)

    def kill(self) -> None:
        """As if its machine had lost its power; with it, it is waited for no more."""
        self.process.kill()
        self.process.wait()


def clean_environment(**more: str) -> dict[str, str]:
    """Ours without any setting of Omnireel's, but with these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")} | more


@contextmanager
def real_server(
    folder: Path, *flags: str, program: Path | str = sys.executable, **settings: str
) -> Iterator[RealServer]:
    """A server in a folder, on a free port unless the flags say which; it must stop in good order.

    `program` is the Python that runs it.
    """
    environment = clean_environment(OMNIREEL_ENGINE=FAKE) | settings
    process = subprocess.Popen(
        [program, "-m", "omnireel", "serve", "--port", "0", *flags],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        key = (folder / "omnireel-data" / "first-key").read_text().strip()
        yield RealServer(found[0], key, folder, process)
    finally:
        # Nobody but `kill` has waited for it.
        killed = process.returncode == -signal.SIGKILL
        if not killed:
            process.send_signal(signal.SIGTERM)
        process.stdout.close()
        assert killed or process.wait(60) == 0
