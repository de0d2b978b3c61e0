"""Choosing where a model's weights are to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnireel.engines.diffusers.memory import check_host, plan_for
from omnireel.engines.diffusers.profile import Plan, profile
from omnireel.errors import EngineUnavailable

BIG = profile("wan2.2-a14b")


@pytest.mark.parametrize(
    ("free", "plan"), [(79.0, Plan.RESIDENT), (60.0, Plan.OFFLOAD), (41.0, Plan.OFFLOAD)]
)
def test_the_first_plan_that_fits_is_taken(free: float, plan: Plan) -> None:
    assert plan_for(BIG, None, device="cuda:0", free_gib=free, total_gib=80.0) is plan


def test_the_operator_chooses_before_we_do() -> None:
    asked = plan_for(BIG, Plan.LAYERWISE_FP8, device="cuda:0", free_gib=79.0, total_gib=80.0)
    assert asked is Plan.LAYERWISE_FP8


@pytest.mark.parametrize("asked", [None, Plan.OFFLOAD])
def test_a_gpu_that_is_too_small_is_told_what_is_needed_and_what_is_there(asked: Plan | None) -> None:
    with pytest.raises(EngineUnavailable, match=r"needs 40 GiB .*cuda:0 has 22\.5 GiB free of 24\.0"):
        plan_for(BIG, asked, device="cuda:0", free_gib=22.5, total_gib=24.0)


@pytest.mark.parametrize("asked", [None, Plan.OFFLOAD, Plan.RESIDENT])
def test_without_a_gpu_there_is_nowhere_to_move_weights_to(asked: Plan | None) -> None:
    assert plan_for(BIG, asked, device="cpu", free_gib=1.0, total_gib=2.0) is Plan.RESIDENT


def test_weights_that_are_larger_than_the_memory_are_not_begun_with(tmp_path: Path) -> None:
    (tmp_path / "vae").mkdir()
    with (tmp_path / "vae" / "weights.safetensors").open("wb") as file:
        file.truncate(3 * 1024**3)
    with pytest.raises(EngineUnavailable, match=r"3\.0 GiB of weights.*2\.5 GiB of memory free"):
        check_host(BIG, tmp_path, 2.5)
    check_host(BIG, tmp_path, 3.5)
