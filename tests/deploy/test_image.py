"""The image, as far as it can be looked over without building one."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.deploy.tools import DEPLOY, ROOT, Tools
from tests.real_server import real_server

FILE = DEPLOY / "Dockerfile"
TEXT = re.sub(r"\\\n\s*", "", FILE.read_text())
VARIANTS = {"cpu": (), "ray": ("ray",), "cuda": ("ray", "diffusers")}


def lines(word: str) -> list[str]:
    return re.findall(rf"^{word} (.+)$", TEXT, re.MULTILINE)


def test_hadolint_has_nothing_to_say(tools: Tools) -> None:
    looked = tools.run("hadolint", "--failure-threshold", "style", FILE)
    assert (looked.returncode, looked.stdout) == (0, "")


def test_it_runs_as_nobody_in_particular() -> None:
    # A number: Kubernetes cannot tell whether a name is root's.
    assert lines("USER") == ["10001:10001"]
    assert TEXT.index("USER ") < TEXT.index("ENTRYPOINT ")
    assert re.search("PASSWORD|SECRET|KEY|TOKEN", " ".join(lines("ENV") + lines("ARG"))) is None


def test_what_it_copies_is_there_and_gets_past_the_list_of_what_to_leave_out() -> None:
    wanted = [word for line in lines("COPY") if "--from" not in line for word in line.split()[:-1]]
    kept = [line[1:] for line in _ignored() if line.startswith("!")]
    assert _ignored()[0] == "*"
    for name in wanted:
        for variant in VARIANTS:
            path = name.replace("${VARIANT}", variant)
            assert (ROOT / path).exists(), path
            assert any(fnmatch(path, pattern) for pattern in kept), path


def _ignored() -> list[str]:
    found = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    return [line for line in found if line and not line.startswith("#")]


@pytest.mark.parametrize("variant", VARIANTS)
def test_everything_it_installs_is_locked_with_hashes(variant: str) -> None:
    locked = (ROOT / "requirements" / f"container-{variant}.lock").read_text()
    entries = re.findall(
        r"^([A-Za-z0-9._-]+)==(\S+).*?\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)", locked, re.MULTILINE
    )
    names = {str(canonicalize_name(name)) for name, _, _ in entries}
    assert len(entries) == len(re.findall(r"^\S+==", locked, re.MULTILINE)) > 40
    wanted = _requirements("server", "postgres", "s3", "otel", *VARIANTS[variant])
    assert {name for name in wanted if name not in names} == set()
    assert "hatchling" in names


def _requirements(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    names = {str(canonicalize_name(Requirement(line).name)) for line in listed}
    return names - {"omnireel"}


@pytest.mark.system
def test_its_health_check_tells_a_server_from_none(tmp_path: Path) -> None:
    (check,) = re.findall(r"HEALTHCHECK .*?CMD (\[.+\])", TEXT)
    with real_server(tmp_path, "--workers", "0") as server:
        command = [word.replace("http://127.0.0.1:8000", server.origin) for word in json.loads(check)]
        assert command != json.loads(check)
        assert subprocess.run(command).returncode == 0
    assert subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 1
