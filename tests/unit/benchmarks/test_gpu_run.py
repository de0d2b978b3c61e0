"""The benchmark of GPUs, on toys; and the operator's sheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.torch_or_skip import torch

from omnireel.testing.tiny_models import TinyModel, make_tiny, write_tiny_profile


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    from benchmarks.gpu.__main__ import main

    folder = tmp_path_factory.mktemp("benchmark")
    kept = ["--json", str(folder / "run.json"), "--markdown", str(folder / "run.md")]
    assert main(["--size", "tiny", "--device", "cpu", "--rounds", "2", *kept]) == 0
    return json.loads((folder / "run.json").read_text()), (folder / "run.md").read_text()


def test_every_measurement_gives_a_time_or_says_why_not(run: tuple[dict[str, Any], str]) -> None:
    rows = run[0]["rows"]
    assert len(rows) > 20
    without = [row for row in rows if row["median_seconds"] is None]
    # Off CUDA there is no cuDNN.
    assert all("cuDNN" in row["what"] and row["remark"] for row in without)
    assert all(row["median_seconds"] > 0 for row in rows if row not in without)


def test_rates_are_shares_of_what_was_measured_first(run: tuple[dict[str, Any], str]) -> None:
    rated = [row for row in run[0]["rows"] if row["flops"]]
    assert len(rated) >= 10
    for row in rated:
        assert row["flops"] == pytest.approx(row["flop"] / row["median_seconds"])
        assert row["share_of_roofline"] == pytest.approx(row["flops"] / run[0]["roofline_flops"])


def test_an_edit_has_twice_the_tokens(run: tuple[dict[str, Any], str]) -> None:
    tokens = {row["what"]: row["tokens"] for row in run[0]["rows"]}
    assert (
        tokens["Bernini 14B edit, 32x32, 5 frames, flash"]
        == 2 * tokens["Wan 14B forward, 32x32, 5 frames, flash"]
    )


def test_the_table_has_a_line_for_every_row(run: tuple[dict[str, Any], str]) -> None:
    lines = [line for line in run[1].splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(run[0]["rows"])
    assert len({line.count("|") for line in lines}) == 1


def test_what_is_compiled_has_the_same_weights_and_gives_the_same_beside_a_source() -> None:
    from benchmarks.gpu import weights
    from benchmarks.gpu.sizes import SIZES

    from omnireel.engines.diffusers.bernini.streams import Source, velocity

    size, cpu = SIZES["tiny"], torch.device("cpu")
    model = weights.transformer(size.large, cpu, torch.float32)
    other = weights.twin(model, size.large, cpu)
    other.compile_repeated_blocks(backend=size.compiler)
    noisy, text = torch.ones(size.clip.latents(16)), torch.ones(1, size.text, 24)
    with torch.no_grad():
        first, second = (
            velocity(one, noisy, torch.tensor([500]), text, [Source(-noisy, 1)]) for one in (model, other)
        )
    torch.testing.assert_close(first, second)
    assert model.proj_out.weight.data_ptr() == other.proj_out.weight.data_ptr()


def test_what_is_compared_takes_turns() -> None:
    from benchmarks.gpu.timing import Stopwatch

    done: list[str] = []
    works = {"one": lambda: done.append("one"), "other": lambda: done.append("other")}
    timings = Stopwatch(torch.device("cpu"), rounds=2).paired(works)
    assert done == ["one", "other", "one", "other", "other", "one"]
    assert [len(timing.seconds) for timing in timings.values()] == [2, 2]


def test_what_takes_long_is_not_done_again() -> None:
    from benchmarks.gpu.timing import Stopwatch

    done: list[int] = []
    timing = Stopwatch(torch.device("cpu"), rounds=9, enough=0.0).timed(lambda: done.append(1))
    assert len(done) == 2
    assert len(timing.seconds) == 1


def test_the_full_size_asks_for_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks.gpu.__main__ import main

    with pytest.raises(SystemExit):
        main(["--device", "cpu"])
    assert "needs a GPU" in capsys.readouterr().err


def test_an_operator_gets_a_sheet_and_the_clips(tmp_path: Path) -> None:
    from benchmarks.gpu.accept import CASES, CELL, MOMENTS, main
    from PIL import Image

    from omnireel.media.probe import probe
    from omnireel.models import MediaLimits

    profile = write_tiny_profile(TinyModel.BERNINI, tmp_path)
    folder = make_tiny(TinyModel.BERNINI, tmp_path / "models").parent
    out = tmp_path / "acceptance"
    sizes = ["--frames", "5", "--mode", "std", "--threads", "1", "--device", "cpu"]
    assert main([str(profile), "--folder", str(folder), "--out", str(out), *sizes]) == 0
    clips = sorted(out.glob("*.mp4"))
    assert [clip.stem for clip in clips] == sorted(case.name for case in CASES)
    assert all(probe(clip, "mp4", MediaLimits()).frames == 5 for clip in clips)
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.width == CELL * MOMENTS
