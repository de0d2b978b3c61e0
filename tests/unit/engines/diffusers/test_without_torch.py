"""Where the libraries are missing, somebody is told which."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from omnireel.engines.diffusers.runtime import libraries
from omnireel.errors import EngineUnavailable


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed, so it cannot be missing")
def test_what_is_missing_is_named_with_its_remedy() -> None:
    with pytest.raises(EngineUnavailable, match=r"need torch, .*pip install 'omnireel\[diffusers\]'"):
        libraries()
