"""What the files name is there: settings, commands, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.deploy.commands import understood
from tests.deploy.tools import DEPLOY, ROOT

from omnireel.settings import Settings

FILES = tuple(path for path in sorted(DEPLOY.rglob("*")) if path.is_file())
SETTING = re.compile(r"\bOMNIREEL_([A-Z0-9_]+)")
# Where a command line begins: at a line's start, after `--` or a prompt, or with the path of its program.
COMMAND = re.compile(r"(?:-- |/bin/|`)omnireel ([a-z][^\n`|#]*)")


def ids(path: Path) -> str:
    return str(path.relative_to(DEPLOY))


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_every_setting_it_names_is_one(path: Path) -> None:
    named = {name.lower() for name in SETTING.findall(path.read_text())}
    assert named - Settings.model_fields.keys() == set()


def test_every_command_line_is_understood() -> None:
    lines = {
        line.strip(): path
        for path in FILES
        for line in COMMAND.findall(path.read_text().replace("\\\n", " "))
    }
    assert {"serve", "worker", "db upgrade", "keys list", "doctor"} <= lines.keys()
    assert [line for line in lines if not understood(line.split())] == []


def test_a_command_that_is_none_would_be_found() -> None:
    assert not understood(["serv"])
    assert not understood(["serve", "--no-such-flag"])
    assert not understood(["db", "upgrad"])


def test_the_chart_is_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    chart = (DEPLOY / "helm" / "omnireel" / "Chart.yaml").read_text()
    assert f"\nversion: {version[1]}\n" in chart
    assert f'\nappVersion: "{version[1]}"\n' in chart
