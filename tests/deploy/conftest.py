from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.deploy.tools import Tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Programs that look the files over; a test of one that is not there is skipped."""
    own = Path(sys.prefix) / "deploy" / "bin"
    return Tools(f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
