"""The programs of `make deploy-tools`, and running them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@dataclass(frozen=True)
class Tools:
    """Programs found in these folders, as in PATH."""

    path: str

    def run(self, name: str, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program from the repository's root; its output. Skips the test where it is not installed."""
        program = shutil.which(name, path=self.path)
        if program is None:
            pytest.skip(f"{name} is not installed; make deploy-tools gets it")
        return subprocess.run(
            [program, *map(str, words)],
            cwd=ROOT, env={"PATH": self.path, "HOME": "/nonexistent"} | environment,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
