"""A server that charges, with its operator and its caller each in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.system.test_server import SUBMIT, Server

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.close()


def operator(server: Server, *words: str) -> Any:
    """What an `omnireel teams` command prints, as JSON."""
    command = [sys.executable, "-m", "omnireel", "teams", *words, "--data", str(server.folder), "--json"]
    ran = subprocess.run(command, cwd=server.folder.parent, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_video_is_paid_for_from_the_operators_credit_to_the_answer(server: Server) -> None:
    prices = '{"kling/kling-video-o1": {"pro": "0.2"}}'
    server.start(OMNIREEL_METERING="on", OMNIREEL_PRICES=prices)
    refused = server.call("POST", SUBMIT, json={"prompt": "a pond fake:frames=2"})
    operator(server, "credit", "default", "2.5")
    made = server.until(server.submit("a pond fake:frames=2"), "success", "failed")
    failed = server.until(server.submit("a pond fake:fail=1"), "success", "failed")
    balance = server.call("GET", "/api/v1/team/balance").json()["data"]["balance"]
    shown = operator(server, "show", "default")

    assert refused.status_code == 402
    assert refused.json()["message"].startswith("Insufficient balance: ")
    assert (made["status"], made["billing"]) == ("success", {"amount": "1.0000"})
    assert (failed["status"], failed["billing"]) == ("failed", {"amount": "0.0000"})
    assert balance == 1.5
    assert (shown["balance"], shown["reserved"]) == ("1.5000", "0.0000")
    assert [movement["kind"] for movement in shown["movements"]] == [
        "refund", "reserve", "settle", "reserve", "credit",
    ]  # fmt: skip
    assert operator(server, "audit") == {"faults": []}
