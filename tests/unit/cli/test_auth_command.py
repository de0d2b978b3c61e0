from __future__ import annotations

import json

import pytest
from tests.unit.cli.commands import Ended
from tests.unit.cli.inside import Inside
from tests.unit.client.loopback import Answer, Loopback, refused

KEY = "omr_live_" + "k" * 34 + "Wxyz"
MODELS = Answer(200, json.dumps({"code": 0, "models": []}).encode())


def login(nowhere: Inside, server: Loopback, key: str = KEY) -> Ended:
    return nowhere("auth", "login", "--base-url", server.base_url, stdin=key + "\n")


def test_a_key_is_tried_kept_for_its_server_and_used_from_then_on(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]

    ended = login(nowhere, server)
    nowhere("models", "--base-url", server.base_url)

    file = nowhere.home / ".config" / "omnireel" / "keys.json"
    assert (ended.code, ended.out) == (0, f"{server.base_url}\n")
    assert KEY not in ended.err
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [seen.headers["authorization"] for seen in server.seen] == [f"Bearer {KEY}"] * 2


def test_a_key_the_server_does_not_take_is_not_kept(nowhere: Inside, server: Loopback) -> None:
    server.script = [refused(401, "Authentication failed: the key is unknown")]

    assert login(nowhere, server).code == 1
    assert not (nowhere.home / ".config" / "omnireel" / "keys.json").exists()


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "k" * 5000])
def test_what_is_no_key_is_never_sent(nowhere: Inside, server: Loopback, key: str) -> None:
    assert login(nowhere, server, key).code == 2
    assert server.seen == []


def test_status_says_where_server_and_key_are_from(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]
    login(nowhere, server)

    shown = nowhere("auth", "status", "--base-url", server.base_url)
    document = json.loads(nowhere("auth", "status", "--json", "--base-url", server.base_url).out)

    file = str(nowhere.home / ".config" / "omnireel" / "keys.json")
    assert document == {
        "origin": server.base_url, "origin_source": "--base-url", "key": "omr_live_…Wxyz",
        "key_source": file, "accepted": True, "state": "the server takes it",
    }  # fmt: skip
    assert KEY not in shown.out + shown.err


def test_the_environment_comes_before_what_is_kept(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]
    login(nowhere, server)
    other = "omr_live_" + "e" * 34 + "Othr"

    place = {"OMNIREEL_BASE_URL": server.base_url, "OMNIREEL_API_KEY": other}
    document = json.loads(nowhere("auth", "status", "--json", **place).out)

    assert (document["origin_source"], document["key_source"]) == ("OMNIREEL_BASE_URL", "OMNIREEL_API_KEY")
    assert server.seen[-1].headers["authorization"] == f"Bearer {other}"


def test_a_key_the_server_stopped_taking_is_1(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS, refused(401, "Authentication failed: the key is revoked")]
    login(nowhere, server)

    ended = nowhere("auth", "status", "--base-url", server.base_url)

    assert ended.code == 1
    assert "the key is revoked" in ended.out


def test_a_server_is_chosen_for_when_nothing_names_one(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]
    login(nowhere, server)

    chosen = nowhere("auth", "use", server.base_url)
    nowhere("models")

    assert (chosen.code, chosen.out) == (0, f"{server.base_url}\n")
    assert len(server.seen) == 2
    assert nowhere("auth", "list").out == f"* {server.base_url}  omr_live_…Wxyz\n"
    assert nowhere("auth", "list", "-q").out == f"{server.base_url}\n"


def test_a_server_without_a_key_cannot_be_chosen(nowhere: Inside) -> None:
    ended = nowhere("auth", "use", "https://video.example")

    assert ended.code == 2
    assert "omnireel auth login --base-url https://video.example" in ended.err


def test_a_key_for_one_server_is_not_shown_to_another(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]
    login(nowhere, server)

    ended = nowhere("models", "--base-url", server.base_url.replace("127.0.0.1", "localhost"))

    assert ended.code == 1
    assert "omnireel auth login" in ended.err
    assert len(server.seen) == 1


def test_logging_out_forgets_the_key_and_the_choice(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]
    login(nowhere, server)
    nowhere("auth", "use", server.base_url)

    gone = nowhere("auth", "logout")

    assert (gone.code, gone.out) == (0, f"{server.base_url}\n")
    assert nowhere("auth", "list", "--json").out == "[]\n"
    assert nowhere("auth", "logout", "--base-url", server.base_url).code == 1


def test_a_file_that_others_may_read_is_not_used(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]
    login(nowhere, server)
    file = nowhere.home / ".config" / "omnireel" / "keys.json"
    file.chmod(0o644)

    ended = nowhere("models", "--base-url", server.base_url)

    assert ended.code == 1
    assert f"chmod 600 {file}" in ended.err
    assert len(server.seen) == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"keys": {"a": 1}, "default": null}', "[" * 100_000])
def test_a_file_that_is_not_understood_is_left_as_it_is(nowhere: Inside, server: Loopback, text: str) -> None:
    server.script = [MODELS]
    folder = nowhere.home / ".config" / "omnireel"
    folder.mkdir(parents=True)
    (folder / "keys.json").write_text(text)
    (folder / "keys.json").chmod(0o600)

    ended = login(nowhere, server)

    assert ended.code == 1
    assert "is not understood" in ended.err
    assert (folder / "keys.json").read_text() == text


def test_the_configuration_folder_may_be_elsewhere(nowhere: Inside, server: Loopback) -> None:
    server.script = [MODELS]
    place = nowhere.folder / "config"

    nowhere("auth", "login", "--base-url", server.base_url, stdin=KEY, XDG_CONFIG_HOME=str(place))

    assert (place / "omnireel" / "keys.json").exists()
    assert list(nowhere.home.iterdir()) == []
