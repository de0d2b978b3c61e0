"""Runs the real command in this process: no terminal, an environment and a home folder of its own."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.cli.commands import Ended

from omnireel.cli.main import app


@dataclass(frozen=True)
class Inside:
    """`omnireel …` in `folder`. `home` is where its user's files are."""

    folder: Path
    home: Path
    patch: pytest.MonkeyPatch
    captured: pytest.CaptureFixture[str]

    def __call__(self, *words: str, stdin: str = "", **environment: str) -> Ended:
        self.captured.readouterr()
        with self.patch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in environment.items():
                patch.setenv(name, value)
            code = self._run(words)
        done = self.captured.readouterr()
        return Ended(code, done.out, done.err)

    def _run(self, words: tuple[str, ...]) -> int:
        try:
            app(list(words), prog_name="omnireel")
        except SystemExit as left:
            return left.code if isinstance(left.code, int) else 0 if left.code is None else 1
        return 0


def prepare(folder: Path, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> Inside:
    """An environment without anything of the developer's own."""
    for name in list(os.environ):
        if name.startswith(("OMNIREEL_", "XDG_")):
            patch.delenv(name)
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    patch.setenv("HOME", str(home))
    patch.setenv("COLUMNS", "100")
    return Inside(work, home, patch, captured)
