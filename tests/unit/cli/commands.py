"""Runs the real command in a child process, as a script would: pipes, no terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.unit.client.loopback import KEY


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Commands:
    """`omnireel …` in a folder of its own, talking to `base_url`."""

    folder: Path
    base_url: str

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")}
        return kept | {"OMNIREEL_BASE_URL": self.base_url, "OMNIREEL_API_KEY": KEY, "COLUMNS": "100"}

    def __call__(self, *words: str, **environment: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "omnireel", *words],
            cwd=self.folder,
            env=self.environment() | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "omnireel", *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
