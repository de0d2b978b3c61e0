from __future__ import annotations

from pathlib import Path

import pytest

from omnireel.client._access import find_origin, is_loopback, resolve
from omnireel.client.errors import AuthenticationError, InvalidRequestError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "first-key").write_text("omr_live_first\n")
    return tmp_path


def test_arguments_beat_the_environment() -> None:
    access = resolve("https://a", "mine", {"OMNIREEL_BASE_URL": "https://b", "OMNIREEL_API_KEY": "theirs"})

    assert (access.base_url, access.api_key) == ("https://a", "mine")


def test_the_environment_beats_the_first_key(data: Path) -> None:
    environment = {"OMNIREEL_DATA": str(data), "OMNIREEL_API_KEY": "theirs"}

    assert resolve(None, None, environment).api_key == "theirs"


def test_a_local_server_is_found_with_the_key_it_left(data: Path) -> None:
    access = resolve(None, None, {"OMNIREEL_DATA": str(data)})

    assert (access.base_url, access.api_key) == ("http://127.0.0.1:8000", "omr_live_first")


def test_the_first_key_is_never_shown_to_another_machine(data: Path) -> None:
    with pytest.raises(AuthenticationError, match="no API key"):
        resolve("https://example.com", None, {"OMNIREEL_DATA": str(data)})


def test_without_a_key_the_error_says_where_one_could_be(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match=r"OMNIREEL_API_KEY.*first-key"):
        resolve(None, None, {"OMNIREEL_DATA": str(tmp_path)})


def test_a_key_is_not_shown_by_repr() -> None:
    assert "secret" not in repr(resolve(None, "secret", {}))


@pytest.mark.parametrize("key", ["line\nbreak", "schlüssel"])
def test_a_key_that_cannot_be_a_header_is_refused(key: str) -> None:
    with pytest.raises(AuthenticationError, match="characters"):
        resolve(None, key, {})


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://host",
        "http://",
        "http://host/api",
        "http://host?x",
        "http://host#x",
        "http://user:word@host",
        "http://host:70000",
        "http://host:0",
        "http://[::1",
    ],
)
def test_a_base_url_that_is_no_bare_origin_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequestError, match="bare origin"):
        find_origin(url, {})


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000/", True),
        ("http://localhost.example.com", False),
        ("http://192.168.0.1", False),
        ("https://127.0.0.1.example.com", False),
    ],
)
def test_loopback_is_told_from_look_alikes(url: str, loopback: bool) -> None:
    assert is_loopback(find_origin(url, {})) is loopback
