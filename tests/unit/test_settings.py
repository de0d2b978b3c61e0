"""Settings that would only fail later are refused at once."""

from __future__ import annotations

from pathlib import Path

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


def test_an_engine_takes_its_key_from_the_environment_and_shows_it_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOSTED_KEY", "s3cret-key")
    (tmp_path / "omnireel.toml").write_text(
        '[engines.hosted]\nkind = "modellix"\napi_key = { env = "HOSTED_KEY" }\n'
        '[[engines.hosted.more]]\nkey = { env = "HOSTED_KEY" }\n'
    )
    settings = Settings()
    table = settings.engines["hosted"]
    assert table.kind == "modellix"
    assert table.options == {"api_key": "s3cret-key", "more": [{"key": "s3cret-key"}]}
    assert "s3cret" not in repr(settings)
    assert settings.model_dump(mode="json")["engines"] == {
        "hosted": {"kind": "modellix", "api_key": "set", "more": "set"}
    }


def test_a_key_that_the_environment_has_not_is_missed_by_name() -> None:
    with pytest.raises(ValueError, match="the environment has no 'NO_SUCH_KEY'"):
        Settings.model_validate({"engines": {"hosted": {"kind": "x", "key": {"env": "NO_SUCH_KEY"}}}})


@pytest.mark.parametrize("name", ["", "a/b", "module:Class", "-" * 65])
def test_an_engines_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(ValueError, match="String should"):
        Settings.model_validate({"engines": {name: {"kind": "x"}}})


def test_a_director_takes_its_key_from_the_environment_and_shows_it_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODEL_KEY", "s3cret-key")
    table = {"base_url": "https://models.example/v1", "model": "m", "api_key": {"env": "MODEL_KEY"}}
    settings = Settings.model_validate({"director": table})
    assert settings.director is not None
    assert settings.director.api_key is not None
    assert settings.director.api_key.get_secret_value() == "s3cret-key"
    assert "s3cret" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    "table",
    [
        {"model": "m"},
        {"base_url": "https://models.example/v1"},
        {"base_url": "ftp://models.example/v1", "model": "m"},
        {"base_url": "https://user:word@models.example/v1", "model": "m"},
        {"base_url": "https://models.example/v1?key=x", "model": "m"},
        {"base_url": "https://models.example/v1", "model": "m", "seconds": 0},
        {"base_url": "https://models.example/v1", "model": "m", "temperature": 1},
    ],
)
def test_a_director_that_cannot_be_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="director"):
        Settings.model_validate({"director": table})
