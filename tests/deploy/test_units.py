"""The units for systemd, as systemd itself reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.deploy.tools import DEPLOY, Tools

UNITS = {name: DEPLOY / "systemd" / f"{name}.service" for name in ("omnireel", "omnireel-worker")}


def read(name: str) -> list[tuple[str, str]]:
    return re.findall(r"^([A-Za-z]+)=(.*)$", UNITS[name].read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", UNITS)
def test_systemd_has_nothing_to_say(tools: Tools, tmp_path: Path, name: str) -> None:
    unit = tmp_path / f"{name}.service"
    # It looks whether the program is there.
    unit.write_text(UNITS[name].read_text().replace("/opt/omnireel/bin/omnireel", "/bin/true"))
    looked = tools.run("systemd-analyze", "verify", "--man=no", unit)
    assert (looked.returncode, looked.stdout, looked.stderr) == (0, "", "")


@pytest.mark.parametrize("name", UNITS)
def test_it_is_little_exposed(tools: Tools, name: str) -> None:
    looked = tools.run("systemd-analyze", "security", "--offline=true", "--threshold=35", UNITS[name])
    assert looked.returncode == 0, looked.stdout[-300:]


def test_what_attempts_need_is_left_to_them() -> None:
    for name in UNITS:
        said = dict(read(name))
        assert said["NoNewPrivileges"] == "yes"
        assert said["ProtectSystem"] == "strict"
        assert said["KillMode"] == "mixed"
        # See the comment there.
        assert said.keys().isdisjoint(
            {"RestrictNamespaces", "ProtectKernelTunables", "MemoryDenyWriteExecute", "ProtectProc"}
        )
        assert {"@mount", "seccomp", "landlock_restrict_self"} <= set(said["SystemCallFilter"].split())


def test_the_two_differ_in_what_they_run_alone() -> None:
    server, worker = (dict(read(name)) for name in UNITS)
    differing = {key for key in server.keys() | worker.keys() if server.get(key) != worker.get(key)}
    assert differing == {"Description", "ExecStart"}
