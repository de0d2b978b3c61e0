from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.cli.commands import Commands
from tests.unit.client.loopback import Loopback, serving


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture
def omnireel(server: Loopback, tmp_path: Path) -> Commands:
    return Commands(tmp_path, server.base_url)
