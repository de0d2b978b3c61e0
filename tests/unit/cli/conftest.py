from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.cli.commands import Commands
from tests.unit.cli.inside import Inside, prepare
from tests.unit.client.loopback import KEY, Loopback, serving


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def omnireel(server: Loopback, tmp_path: Path) -> Commands:
    return Commands(tmp_path, server.base_url)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Inside:
    """The command line with neither a server nor a key."""
    return prepare(tmp_path, monkeypatch, capfd)


@pytest.fixture
def inside(nowhere: Inside, server: Loopback) -> Inside:
    """The command line with the loopback as its server."""
    nowhere.patch.setenv("OMNIREEL_BASE_URL", server.base_url)
    nowhere.patch.setenv("OMNIREEL_API_KEY", KEY)
    return nowhere
