"""How `make` finds its tools; installing for real is left to CI, which starts from nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script alone, in a folder of its own, and a PATH with nothing but the shell's own tools."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "venv.sh").write_bytes((ROOT / "tools" / "venv.sh").read_bytes())
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "rm", "mkdir", "touch", "ln", "sh"):
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    return tmp_path


def make_venv(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(checkout / "tools" / "venv.sh"), "env", "server"],
        env={"PATH": str(checkout / "bin"), "LOG": str(checkout / "log")} | environment,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def log(checkout: Path) -> list[str]:
    return (checkout / "log").read_text().splitlines()


FAKE_PYTHON = f"""
case "$1 $2" in
"-m venv")
    mkdir -p "$3/bin"
    echo '#!/bin/sh
    [ "$1" = -c ] || echo "pip: $*" >>"$LOG"' >"$3/bin/python"
    /bin/chmod +x "$3/bin/python";;
"-c "*) exec "{sys.executable}" "$@";;
esac
"""
FAKE_UV = """
echo "uv: $*" >>"$LOG"
[ "$1" = venv ] || exit 0
mkdir -p env/bin
echo '#!/bin/sh' >env/bin/python
/bin/chmod +x env/bin/python
"""


def test_without_uv_it_is_venv_and_pip_with_hashes(checkout: Path) -> None:
    program(checkout / "bin", "python3", FAKE_PYTHON)

    done = make_venv(checkout)

    assert done.returncode == 0, done.stderr
    install = "pip: -m pip install --quiet --disable-pip-version-check"
    assert log(checkout)[-2:] == [
        f"{install} --require-hashes -r requirements/server.lock",
        f"{install} --no-deps --no-build-isolation -e .",
    ]
    assert (checkout / "env" / ".omnireel-server").exists()


def test_with_uv_it_is_uv_and_the_same_lock(checkout: Path) -> None:
    program(checkout / "bin", "uv", FAKE_UV)

    done = make_venv(checkout)

    assert done.returncode == 0, done.stderr
    assert log(checkout)[1:] == [
        "uv: pip install --quiet --python env/bin/python --require-hashes -r requirements/server.lock",
        "uv: pip install --quiet --python env/bin/python --no-deps --no-build-isolation -e .",
    ]


def test_uv_can_be_kept_out(checkout: Path) -> None:
    program(checkout / "bin", "uv", FAKE_UV)
    program(checkout / "bin", "python3", FAKE_PYTHON)

    assert make_venv(checkout, UV="none").returncode == 0
    assert not any(line.startswith("uv:") for line in log(checkout))


def test_newer_interpreters_are_preferred(checkout: Path) -> None:
    program(checkout / "bin", "python3", FAKE_PYTHON)
    program(checkout / "bin", "python3.12", FAKE_PYTHON)

    assert f"with {checkout / 'bin' / 'python3.12'}" in make_venv(checkout).stderr


@pytest.mark.parametrize("present", [True, False])
def test_without_a_python_that_is_new_enough_it_says_what_to_do(checkout: Path, present: bool) -> None:
    if present:
        program(checkout / "bin", "python3", "exit 1")

    done = make_venv(checkout)

    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (checkout / "env").exists()


def test_a_python_without_venv_is_told_how_to_get_it(checkout: Path) -> None:
    program(checkout / "bin", "python3", 'case "$1" in -c) exit 0;; esac; exit 1')

    done = make_venv(checkout)

    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr


def test_an_environment_whose_python_has_gone_is_made_anew(checkout: Path) -> None:
    program(checkout / "bin", "python3", FAKE_PYTHON)
    (checkout / "env" / "bin").mkdir(parents=True)
    (checkout / "env" / "bin" / "python").symlink_to(checkout / "gone")

    assert make_venv(checkout).returncode == 0


def test_the_locks_name_no_host_and_no_folder() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert not [word for word in ("http://", "https://", "file:", os.sep) if word in text]
