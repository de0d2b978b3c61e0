"""Settings that would only fail later are refused at once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from omnireel.settings import Settings


def test_a_heartbeat_slower_than_its_lease_allows_is_refused() -> None:
    with pytest.raises(ValidationError, match="heartbeat_seconds must be at most a third"):
        Settings(lease_seconds=5)

    assert Settings(lease_seconds=5, heartbeat_seconds=1).lease_seconds == 5


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="prot"):
        Settings.model_validate({"prot": 1})
