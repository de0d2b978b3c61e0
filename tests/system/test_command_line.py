"""The commands that run a server, with the server really running."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

pytestmark = pytest.mark.system


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")} | more


def omnireel(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "omnireel", *words],
        cwd=folder, env=environment(**more), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=170,
    )  # fmt: skip


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A server without workers; it must stop in good order."""
    process = subprocess.Popen(
        [sys.executable, "-m", "omnireel", "serve", "--port", "0", "--workers", "0"],
        cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        yield found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close()
        assert process.wait(30) == 0


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server on a fresh data folder."""
    with serving(tmp_path) as found:
        yield found


def test_a_fresh_server_is_used_from_its_folder_without_any_setting(tmp_path: Path, address: str) -> None:
    first_key = tmp_path / "omnireel-data" / "first-key"

    submitted = omnireel(tmp_path, "generate", "a fox", "--no-wait", "--base-url", address)
    shown = omnireel(tmp_path, "task", "get", submitted.stdout.strip(), "--base-url", address, "--json")

    assert first_key.stat().st_mode & 0o777 == 0o600
    assert submitted.returncode == 0, submitted.stderr
    assert json.loads(shown.stdout)["status"] == "pending"
    assert omnireel(tmp_path, "models", "-q", "--base-url", address).stdout.splitlines() == [
        "kling/kling-video-o1",
        "kling/kling-v3-omni-video",
    ]


def test_a_key_made_beside_a_running_server_works_until_it_is_revoked(tmp_path: Path, address: str) -> None:
    made = json.loads(omnireel(tmp_path, "keys", "create", "--json").stdout)

    def answer() -> int:
        headers = {"Authorization": f"Bearer {made['api_key']}"}
        return httpx2.get(f"{address}/api/v1/models", headers=headers).status_code

    assert answer() == 200
    omnireel(tmp_path, "keys", "revoke", made["key_id"])
    assert answer() == 401


def test_a_port_in_use_is_told_with_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = omnireel(tmp_path, "serve", "--port", str(taken.getsockname()[1]))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_worker_for_an_engine_nobody_knows_says_so_and_ends(tmp_path: Path) -> None:
    ended = omnireel(tmp_path, "worker", "--engine", "studoi")

    assert ended.returncode == 1
    installed = "diffusers, kling, modellix, openai-videos, sidecar, studio"
    assert f"no engine is called 'studoi'; installed: {installed}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_first_key_that_never_counted_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "omnireel-data"
    folder.mkdir()
    (folder / "first-key").write_text("omr_live_left_by_a_server_killed_before_it_was_recorded")

    with serving(tmp_path) as address:
        submitted = omnireel(tmp_path, "generate", "a fox", "--no-wait", "--base-url", address)

    assert submitted.returncode == 0, submitted.stderr
