"""What `omnireel doctor` says of the open models that the settings name."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest
from tests.unit.cli.inside import Inside
from tests.unit.cli.test_models_pull_command import OTHER

from omnireel.cli.checkup_models import plan_found
from omnireel.cli.finding import State
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.weight_files import RECORD, HubFile, Record
from omnireel.errors import EngineUnavailable

WEIGHTS = b"seven"


def findings(inside: Inside, table: str) -> list[tuple[str, str]]:
    (inside.folder / "omnireel.toml").write_text(f'[engines.film]\nkind = "diffusers"\n{table}\n')
    found = json.loads(inside("doctor", "--json").out)
    return [(one["state"], one["detail"]) for one in found if one["check"] == "film"]


def test_weights_that_are_missing_come_with_the_command_that_brings_them(nowhere: Inside) -> None:
    found = findings(nowhere, 'profile = "wan-vace-1.3b"\nfolder = "my models"')

    assert ("ok", "Wan 2.1 VACE 1.3B, under the Apache-2.0") in found
    command = "omnireel models pull wan-vace-1.3b --folder 'my models'"
    assert ("bad", f"19.0 of 19.0 GiB of weights are missing: {command}") in found


def test_what_is_missing_is_counted_to_the_byte_once_a_pull_has_begun(nowhere: Inside) -> None:
    folder = nowhere.folder / "models" / "Wan-AI--Wan2.1-VACE-1.3B-diffusers"
    folder.mkdir(parents=True)
    files = (
        HubFile(name="a.json", size=len(WEIGHTS)),
        HubFile(name="b.safetensors", size=3 * 2**30, sha256="0" * 64),
    )
    record = Record(repo="Wan-AI/Wan2.1-VACE-1.3B-diffusers", commit="1", files=files)
    (folder / RECORD).write_text(record.model_dump_json())
    (folder / "a.json").write_bytes(WEIGHTS)

    found = findings(nowhere, 'profile = "wan-vace-1.3b"\nfolder = "models"')

    assert any(detail.startswith("3.0 of 19.0 GiB of weights are missing") for _, detail in found)


def test_weights_that_are_here_are_told_with_their_folder(nowhere: Inside) -> None:
    folder = nowhere.folder / "models" / "Wan-AI--Wan2.1-VACE-1.3B-diffusers"
    folder.mkdir(parents=True)
    (folder / "model_index.json").write_text("{}")

    assert ("ok", "its weights are in models") in findings(
        nowhere, 'profile = "wan-vace-1.3b"\nfolder = "models"'
    )


def test_a_licence_that_was_not_accepted_is_bad_and_said_in_full(nowhere: Inside) -> None:
    (nowhere.folder / "other.toml").write_text(OTHER)

    ((state, detail),) = findings(nowhere, 'profile = "other.toml"')

    assert state == "bad"
    assert "Such and Such Licence" in detail
    assert "accept_licence = true" in detail
    found = findings(nowhere, 'profile = "other.toml"\naccept_licence = true')
    assert found[0] == ("ok", "Model of Two Halves, under the Such and Such Licence, accepted")
    assert found[1][1].endswith("omnireel models pull other.toml --accept-licence")


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
def test_missing_packages_come_with_the_command_that_installs_them(nowhere: Inside) -> None:
    found = findings(nowhere, 'profile = "wan-vace-1.3b"')

    assert found[-1][0] == "bad"
    assert "torch" in found[-1][1]
    assert found[-1][1].endswith("pip install 'omnireel[diffusers]'")


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed: pip install torch")
def test_the_build_of_torch_and_the_device_are_told(nowhere: Inside) -> None:
    found = findings(nowhere, 'profile = "wan-vace-1.3b"\ndevice = "cpu"')

    assert found[-1][0] == "note"
    assert found[-1][1].startswith("torch 2.")
    assert "no GPU that torch can use" in found[-1][1]


@pytest.mark.parametrize(
    ("free", "total", "found"),
    [
        (70.0, 80.0, (State.OK, "plan resident")),
        (13.0, 15.0, (State.OK, "plan offload")),
        (2.0, 80.0, (State.NOTE, "plan resident, once its 18 GiB are free")),
    ],
)
def test_the_plan_is_the_first_that_the_gpu_has_room_for(
    free: float, total: float, found: tuple[State, str]
) -> None:
    options = DiffusersOptions(profile="wan-vace-1.3b")

    assert plan_found(options, device="cuda:0", free_gib=free, total_gib=total) == found


def test_a_gpu_that_is_too_small_is_told_with_what_it_would_take() -> None:
    options = DiffusersOptions(profile="wan-vace-1.3b")

    with pytest.raises(EngineUnavailable, match=r"needs 12 GiB on the GPU \(plan offload\)"):
        plan_found(options, device="cuda:0", free_gib=6.0, total_gib=8.0)
