"""`init` and `config`: the settings, written down and looked up."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from tests.unit.cli.inside import Inside

from omnireel.cli.settings_guide import SECTIONS
from omnireel.settings import Settings


def uncommented(text: str) -> str:
    """The file with every value in force."""
    return re.sub(r"^#(?=[\w\[])", "", text, flags=re.MULTILINE)


def test_the_guide_knows_every_setting_and_no_other() -> None:
    named = [guide.name for _, guides in SECTIONS for guide in guides]

    assert sorted(named) == sorted(Settings.model_fields)


def test_the_file_changes_nothing_until_it_is_edited(nowhere: Inside) -> None:
    ended = nowhere("init")

    file = nowhere.folder / "omnireel.toml"
    assert (ended.code, ended.out) == (0, "omnireel.toml\n")
    assert tomllib.loads(file.read_text()) == {}
    assert file.stat().st_mode & 0o777 == 0o600


def test_every_line_of_it_holds_once_its_mark_is_taken_away(nowhere: Inside) -> None:
    nowhere("init")
    file = nowhere.folder / "omnireel.toml"
    written = tomllib.loads(uncommented(file.read_text()))

    settings = Settings.model_validate(written)

    assert written.keys() == set(Settings.model_fields)
    examples = {guide.name for _, guides in SECTIONS for guide in guides if guide.example}
    for name in Settings.model_fields.keys() - examples:
        assert getattr(settings, name) == getattr(Settings(), name), name


def test_a_file_that_is_there_is_left_alone(nowhere: Inside) -> None:
    file = nowhere.folder / "omnireel.toml"
    file.write_text("port = 9000\n")

    ended = nowhere("init")

    assert (ended.code, ended.out) == (2, "")
    assert "is there already" in ended.err
    assert [found.name for found in nowhere.folder.iterdir()] == ["omnireel.toml"]
    assert file.read_text() == "port = 9000\n"


def test_a_file_that_is_replaced_is_kept(nowhere: Inside) -> None:
    (nowhere.folder / "omnireel.toml").write_text("port = 9000\n")

    assert nowhere("init", "--force").code == 0
    assert (nowhere.folder / "omnireel.toml.old").read_text() == "port = 9000\n"


def test_the_file_may_be_printed_instead(nowhere: Inside) -> None:
    ended = nowhere("init", "-")

    assert '#host = "127.0.0.1"' in ended.out
    assert list(nowhere.folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_1(nowhere: Inside) -> None:
    ended = nowhere("init", "missing/omnireel.toml")

    assert (ended.code, ended.out) == (1, "")
    assert "No such file" in ended.err


def shown(nowhere: Inside, **environment: str) -> dict[str, tuple[object, str]]:
    found = json.loads(nowhere("config", "show", "--json", **environment).out)
    return {setting["name"]: (setting["value"], setting["origin"]) for setting in found}


def test_each_setting_is_shown_with_its_origin(nowhere: Inside) -> None:
    file = nowhere.folder / "omnireel.toml"
    file.write_text('port = 9000\nengine = "studio"\n[media_limits]\nvideo_max_seconds = 20.0\n')

    settings = shown(nowhere, OMNIREEL_ENGINE="fake", OMNIREEL_MEDIA_LIMITS='{"image_min_side": 10}')

    assert set(settings) == {"base_url", "api_key", *Settings.model_fields}
    assert settings["host"] == ("127.0.0.1", "default")
    assert settings["port"] == (9000, str(file))
    assert settings["engine"] == ("fake", "OMNIREEL_ENGINE")
    assert settings["media_limits"][1] == f"OMNIREEL_MEDIA_LIMITS, {file}"
    assert settings["api_key"] == (None, "nowhere")


def test_secrets_are_masked_wherever_they_are_shown(nowhere: Inside) -> None:
    secrets = {
        "OMNIREEL_DATABASE": "postgresql://kim:s3cret@db.example/films?sslpassword=hush",
        "OMNIREEL_API_KEY": "omr_live_" + "x" * 38,
    }

    for words in (["config", "show", "--origin"], ["config", "show", "--json"]):
        ended = nowhere(*words, **secrets)

        assert ended.code == 0
        assert "kim:…@db.example/films" in ended.out
        assert "omr_live_…xxxx" in ended.out
        assert not any(word in ended.out + ended.err for word in ("s3cret", "hush", "xxxxx"))


def test_a_variable_that_is_no_setting_is_pointed_out(nowhere: Inside) -> None:
    ended = nowhere("config", "show", OMNIREEL_PROT="9000")

    assert "OMNIREEL_PROT is set, and there is no such setting" in ended.err


def test_the_origin_is_shown_only_when_it_is_asked_for(nowhere: Inside) -> None:
    assert re.search(r"^port +9000$", nowhere("config", "show", OMNIREEL_PORT="9000").out, re.MULTILINE)
    assert re.search(
        r"^port +9000 +OMNIREEL_PORT$",
        nowhere("config", "show", "--origin", OMNIREEL_PORT="9000").out,
        re.MULTILINE,
    )


@pytest.mark.parametrize("text", ["port = = 1", "prot = 1"])
def test_settings_that_cannot_be_read_are_2(nowhere: Inside, text: str) -> None:
    Path(nowhere.folder / "omnireel.toml").write_text(text)

    ended = nowhere("config", "show")

    assert (ended.code, ended.out) == (2, "")
    assert "prot" in ended.err or "settings cannot be read" in ended.err
