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


@pytest.mark.parametrize(
    "settings",
    [
        {"s3_bucket": "a/b"},
        {"s3_bucket": "clips", "s3_prefix": "../x"},
        {"s3_bucket": "clips", "s3_prefix": "a//b"},
        {"s3_bucket": "clips", "s3_endpoint": "ftp://store"},
        {"s3_bucket": "clips", "s3_endpoint": "https://user:word@store"},
        {"s3_bucket": "clips", "s3_endpoint": "https://store/clips"},
    ],
)
def test_a_bucket_that_cannot_be_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="s3_"):
        Settings.model_validate(settings)


@pytest.mark.parametrize("name", ["s3_prefix", "s3_endpoint", "s3_region"])
def test_what_describes_a_bucket_needs_one(name: str) -> None:
    value = "http://127.0.0.1:8333" if name == "s3_endpoint" else "videos"
    with pytest.raises(ValidationError, match=f"{name} needs s3_bucket"):
        Settings.model_validate({name: value})

    assert getattr(Settings.model_validate({name: value, "s3_bucket": "clips"}), name) == value
