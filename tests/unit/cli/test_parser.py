"""The first level: what is there, what it loads, and what shells are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.cli.inside import Inside
from typer.main import get_command

from omnireel.cli.main import ENTRIES, app
from omnireel.cli.parser import Root

SLOW = {"rich", "markdown_it", "httpx2", "httpcore2", "numpy", "asyncio", "sqlalchemy", "cv2", "av"}
"""What takes long to load."""
TYPERS_OWN = {"pydantic"}
"""What Typer loads for a command's options, not for the list of commands."""

PROGRAM = """
import json, sys
from omnireel.cli.main import main
try:
    main()
finally:
    json.dump(sorted(sys.modules), sys.stderr)
"""


def modules_of(*words: str) -> set[str]:
    """What Python has loaded by the time the command has ended."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    return set(json.loads(done.stderr))


def test_help_loads_no_command_and_nothing_slow() -> None:
    loaded = modules_of("--help")

    assert {name.partition(".")[0] for name in loaded} & (SLOW | TYPERS_OWN) == set()
    assert {name for name in loaded if name.startswith("omnireel.")} == {
        "omnireel.cli", "omnireel.cli.main", "omnireel.cli.parser", "omnireel.version",
    }  # fmt: skip


@pytest.mark.parametrize("command", ["generate", "task", "serve", "doctor"])
def test_a_commands_help_loads_nothing_slow(command: str) -> None:
    assert {name.partition(".")[0] for name in modules_of(command, "--help")} & SLOW == set()


def test_every_command_of_the_list_is_there_and_says_what_it_does() -> None:
    root = get_command(app)
    assert isinstance(root, Root)

    for entry in ENTRIES:
        command = root.commands[entry.name]
        assert command.name == entry.name
        assert command.help, entry.name


def test_no_words_show_the_help_on_stdout(nowhere: Inside) -> None:
    ended = nowhere()

    assert (ended.code, ended.err) == (2, "")
    assert all(entry.name in ended.out for entry in ENTRIES)


def test_a_misspelt_command_is_2_and_the_right_one_is_named(nowhere: Inside) -> None:
    ended = nowhere("generat")

    assert (ended.code, ended.out) == (2, "")
    assert "Did you mean 'generate'" in ended.err


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which `omnireel` is this one."""
    program = tmp_path / "bin" / "omnireel"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m omnireel "$@"\n')
    program.chmod(0o755)
    return dict(os.environ) | {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}


def bash_completes(line: str, environment: dict[str, str]) -> list[str]:
    words = line.split(" ")
    script = f"""
        eval "$(omnireel completion bash)"
        COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}
        _omnireel_completion omnireel
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_and_options(shell: dict[str, str]) -> None:
    assert bash_completes("omnireel gen", shell) == ["generate"]
    assert bash_completes("omnireel generate --neg", shell) == ["--negative-prompt"]


@pytest.mark.parametrize(
    ("name", "word"), [("zsh", "#compdef omnireel"), ("fish", "complete --command omnireel")]
)
def test_scripts_for_other_shells_are_printed(nowhere: Inside, name: str, word: str) -> None:
    ended = nowhere("completion", name)

    assert (ended.code, ended.err) == (0, "")
    assert word in ended.out
    assert "_OMNIREEL_COMPLETE" in ended.out


def test_a_shell_nobody_knows_is_2(nowhere: Inside) -> None:
    assert nowhere("completion", "csh").code == 2
