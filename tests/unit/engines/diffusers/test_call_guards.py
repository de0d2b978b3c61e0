"""Calls that a model would make nonsense of are refused before it begins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnireel.engines.diffusers.call import Call, Conditioning
from omnireel.engines.diffusers.guards import check_call, check_references, class_named
from omnireel.engines.diffusers.lora import files_for
from omnireel.engines.diffusers.profile import profile
from omnireel.engines.link import Array
from omnireel.errors import EngineFailed, EngineUnavailable

VACE = profile("wan-vace-1.3b")
EDIT = Call(
    conditioning=Conditioning.EDIT,
    prompt="a film",
    negative_prompt="",
    width=96,
    height=64,
    frames=9,
    fps=16,
    steps=2,
    guidance=5.0,
    guidance_low=None,
    shift=None,
    seed=1,
)
WORDS = replace(EDIT, conditioning=Conditioning.TEXT)
KEYFRAMES = replace(EDIT, conditioning=Conditioning.KEYFRAMES)
SUBJECTS = replace(EDIT, conditioning=Conditioning.REFERENCES, references=1)


def frames(count: int, height: int = 64, width: int = 96) -> Array:
    return np.zeros((count, height, width, 3), np.uint8)


def test_a_source_of_the_clips_own_length_and_size_passes() -> None:
    check_call(VACE, EDIT, {"source": frames(9)})


@pytest.mark.parametrize(
    ("call", "arrays", "told"),
    [
        (EDIT, {"source": frames(8)}, "the source has 8 frames and the clip 9"),
        (EDIT, {"source": frames(9, height=32)}, "source is 96x32 and the clip 96x64"),
        (EDIT, {"source": frames(9).astype(np.float32)}, "source is float32"),
        (EDIT, {"source": frames(9)[0]}, r"source is uint8 of shape \(64, 96, 3\)"),
        (EDIT, {}, r"goes with \['source'\], and \[\] came"),
        (WORDS, {"source": frames(9)}, r"goes with \[\], and \['source'\] came"),
        (KEYFRAMES, {"opening": frames(10)}, "opening has 10 frames and the clip 9"),
        (KEYFRAMES, {"opening": frames(0)}, "opening has 0 frames"),
        (KEYFRAMES, {"opening": frames(5), "closing": frames(5)}, "opening and closing"),
        (KEYFRAMES, {}, "opening or a closing"),
        (SUBJECTS, {"reference_1": frames(1)}, "reference_1 is uint8"),
        (replace(SUBJECTS, references=8), {"reference_1": frames(1)[0]}, r"goes with"),
        (replace(SUBJECTS, references=0), {}, r"goes with \['reference_1'\]"),
        (replace(WORDS, frames=10), {}, r"4n\+1 frames, at most 81, not 10"),
        (replace(WORDS, frames=85), {}, "at most 81, not 85"),
        (replace(WORDS, width=90), {}, "multiples of 16"),
        (replace(WORDS, height=0), {}, "multiples of 16"),
        (replace(WORDS, width=16_000), {}, "at most 4096"),
        (replace(WORDS, steps=0), {}, "1 to 200 steps"),
    ],
)
def test_what_does_not_fit_is_refused(call: Call, arrays: dict[str, Array], told: str) -> None:
    with pytest.raises(EngineFailed, match=told):
        check_call(VACE, call, arrays)


def test_more_references_than_the_model_takes_are_refused() -> None:
    arrays = {f"reference_{at}": frames(1)[0] for at in range(1, 9)}
    with pytest.raises(EngineFailed, match="takes 7 references, not 8"):
        check_call(VACE, replace(SUBJECTS, references=8), arrays)


def test_work_that_the_model_does_not_do_is_refused() -> None:
    with pytest.raises(EngineFailed, match=r"Wan 2\.2 A14B cannot do edit"):
        check_call(profile("wan2.2-a14b"), EDIT, {"source": frames(9)})


def test_a_clip_takes_no_more_references_than_it_has_latent_frames() -> None:
    check_references(replace(SUBJECTS, references=3), 3)
    with pytest.raises(EngineFailed, match="a clip of 9 frames takes 3 references, not 7"):
        check_references(replace(SUBJECTS, references=7), 3)


@pytest.mark.parametrize(
    ("index", "told"),
    [
        ({"_class_name": "WanPipeline", "vae": ["mine", "Vae"]}, "wants code of mine"),
        ({"vae": ["diffusers", "AutoencoderKLWan"]}, "no model in the layout of diffusers"),
        ([], "no model in the layout of diffusers"),
        ({"_class_name": ["mine", "Pipeline"]}, "wants code of mine"),
    ],
)
def test_an_index_that_wants_other_code_is_not_followed(tmp_path: Path, index: Any, told: str) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(EngineUnavailable, match=told):
        class_named(tmp_path)


def test_settings_of_a_pipeline_are_no_parts_of_it(tmp_path: Path) -> None:
    index = {"_class_name": "WanPipeline", "vae": [None, None], "scales": [0.5, 1.0], "boundary_ratio": 0.9}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    assert class_named(tmp_path) == "WanPipeline"


def test_two_experts_are_overlaid_by_one_file_or_by_two(tmp_path: Path) -> None:
    high, low = tmp_path / "high_noise.safetensors", tmp_path / "low_noise.safetensors"
    for file in (high, low):
        file.touch()
    assert files_for(high, experts=1) == [(high, False)]
    assert files_for(high, experts=2) == [(high, False), (high, True)]
    assert files_for(tmp_path, experts=2) == [(high, False), (low, True)]
    with pytest.raises(EngineUnavailable, match="no safetensors file"):
        files_for(tmp_path, experts=1)
    with pytest.raises(EngineUnavailable, match="no safetensors file"):
        files_for(tmp_path / "weights.bin", experts=2)
