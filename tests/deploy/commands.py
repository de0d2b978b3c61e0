"""Whether what a file says to run is something that the program understands."""

from __future__ import annotations

from collections.abc import Sequence

from typer.testing import CliRunner

from omnireel.cli.main import app


def understood(words: Sequence[str]) -> bool:
    """Whether there is such a command with such options; it is not run."""
    asked = CliRunner().invoke(app, [*words, "--help"])
    return asked.exit_code == 0 and f"Usage: root {words[0]}" in asked.output
