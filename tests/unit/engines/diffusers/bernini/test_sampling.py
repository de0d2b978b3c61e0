"""The sampling loop, with two experts of random weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.torch_or_skip import torch

from omnireel.engines.diffusers.bernini.numbers import Numbers
from omnireel.engines.diffusers.bernini.sampling import Bernini
from omnireel.engines.diffusers.bernini.wording import worded
from omnireel.engines.diffusers.call import Call, Conditioning, Step
from omnireel.engines.diffusers.denoising import Watch
from omnireel.engines.diffusers.loading import load
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.profile import Plan, Profile
from omnireel.engines.diffusers.runtime import Runtime
from omnireel.engines.link import Array
from omnireel.errors import Canceled, EngineFailed

Calls = Callable[[Any], list[dict[str, Any]]]
STEPS = 3
CALL = Call(
    conditioning=Conditioning.TEXT,
    prompt="A fox walks through the snow",
    negative_prompt="blurry",
    width=48,
    height=32,
    frames=5,
    fps=8,
    steps=STEPS,
    guidance=4.0,
    guidance_low=None,
    shift=3.0,
    seed=7,
)


def pixels(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


SOURCE: Mapping[str, Array] = {"source": pixels(1, 5, 32, 48)}
PICTURES: Mapping[str, Array] = {"reference_1": pixels(2, 32, 48), "reference_2": pixels(3, 130, 20)}
TASKS: Mapping[Conditioning, tuple[int, Mapping[str, Array]]] = {
    Conditioning.TEXT: (2, {}),
    Conditioning.EDIT: (2, SOURCE),
    Conditioning.REFERENCES: (3, PICTURES),
    Conditioning.EDIT_WITH_REFERENCES: (4, {**SOURCE, **PICTURES}),
}
"""Forwards of a step, and what goes with the call."""


def asking(conditioning: Conditioning, **different: Any) -> tuple[Call, Mapping[str, Array]]:
    arrays = TASKS[conditioning][1]
    references = sum(name.startswith("reference") for name in arrays)
    return replace(CALL, conditioning=conditioning, references=references, **different), arrays


def quietly(share: float, note: str) -> None:
    """Wants no news."""


def bernini(pipeline: Any, profile: Profile, **numbers: float) -> Bernini:
    import diffusers

    runtime = Runtime(torch, diffusers, "cpu", Plan.RESIDENT, total_gib=8.0)
    return Bernini(pipeline, profile, Numbers.of({**profile.numbers, **numbers}), runtime)


def made(model: Bernini, conditioning: Conditioning, *, step: Step = quietly, **different: Any) -> Array:
    call, arrays = asking(conditioning, **different)
    return model.perform(call, arrays, Watch(step, call.steps)).frames


@pytest.fixture
def model(pipeline: Any, tiny_profile: Profile) -> Bernini:
    return bernini(pipeline, tiny_profile)


@pytest.mark.parametrize("conditioning", list(TASKS))
def test_every_step_is_a_chain_of_forwards_at_one_time_and_the_noise_goes_down(
    model: Bernini, pipeline: Any, calls: Calls, conditioning: Conditioning
) -> None:
    high, low = calls(pipeline.transformer), calls(pipeline.transformer_2)
    frames = made(model, conditioning)
    assert frames.shape == (5, 32, 48, 3)
    assert frames.dtype == np.uint8
    times = [float(one["timestep"]) for one in high + low]
    forwards = TASKS[conditioning][0]
    assert times == sorted(times, reverse=True)
    assert [times.count(one) for one in dict.fromkeys(times)] == [forwards] * STEPS
    assert all(float(one["timestep"]) >= 875 for one in high)
    assert low
    assert all(float(one["timestep"]) < 875 for one in low)


def test_words_alone_give_what_the_stock_pipeline_gives(pipeline: Any, tiny_profile: Profile) -> None:
    frames = made(bernini(pipeline, tiny_profile, project_text=0), Conditioning.TEXT)
    stock = pipeline(
        prompt=worded(Conditioning.TEXT, CALL.prompt),
        negative_prompt=CALL.negative_prompt,
        width=48,
        height=32,
        num_frames=5,
        num_inference_steps=STEPS,
        guidance_scale=4.0,
        guidance_scale_2=3.2,
        max_sequence_length=int(tiny_profile.numbers["text_tokens"]),
        generator=torch.Generator("cpu").manual_seed(CALL.seed),
        output_type="np",
    ).frames[0]
    differences = np.abs(frames.astype(int) - (stock * 255).round().astype(int))
    assert differences.max() <= 1
    assert differences.mean() < 0.001


@pytest.mark.parametrize("conditioning", list(TASKS))
def test_a_guidance_of_one_needs_one_forward(
    model: Bernini, pipeline: Any, calls: Calls, conditioning: Conditioning
) -> None:
    high, low = calls(pipeline.transformer), calls(pipeline.transformer_2)
    made(model, conditioning, guidance=1.0, guidance_low=1.0, steps=2)
    assert len(high) + len(low) == 2


def test_the_expert_of_low_noise_may_be_guided_in_its_own_way(model: Bernini) -> None:
    scaled = made(model, Conditioning.TEXT)
    assert np.array_equal(made(model, Conditioning.TEXT, guidance_low=4.0 * 0.8), scaled)
    assert not np.array_equal(made(model, Conditioning.TEXT, guidance_low=2.0), scaled)


def test_a_model_of_one_expert_uses_it_throughout(model: Bernini, pipeline: Any, calls: Calls) -> None:
    pipeline.transformer_2 = None
    only = calls(pipeline.transformer)
    made(model, Conditioning.EDIT)
    assert len(only) == 2 * STEPS


def test_the_same_seed_gives_the_same_frames_and_another_others(model: Bernini) -> None:
    first = made(model, Conditioning.EDIT_WITH_REFERENCES)
    assert np.array_equal(made(model, Conditioning.EDIT_WITH_REFERENCES), first)
    assert not np.array_equal(made(model, Conditioning.EDIT_WITH_REFERENCES, seed=8), first)


@pytest.mark.parametrize("name", ["source", "reference_1", "reference_2"])
def test_every_input_tells_in_what_becomes_of_the_noise(
    model: Bernini, pipeline: Any, calls: Calls, name: str
) -> None:
    low = calls(pipeline.transformer_2)
    call, arrays = asking(Conditioning.EDIT_WITH_REFERENCES, steps=2)
    model.perform(call, arrays, Watch(quietly, 2))
    model.perform(call, {**arrays, name: np.zeros_like(arrays[name])}, Watch(quietly, 2))
    first, changed = low[3]["hidden_states"], low[7]["hidden_states"]
    assert not torch.allclose(first, changed, atol=1e-4)


def test_every_step_is_told_of(model: Bernini) -> None:
    told: list[float] = []
    made(model, Conditioning.TEXT, step=lambda share, note: told.append(share))
    assert len(told) == 1 + STEPS
    assert told == sorted(set(told))
    assert 0.0 == told[0] < told[-1] <= 1.0


def test_a_canceled_clip_goes_no_step_further_and_the_next_one_is_as_ever(
    model: Bernini, pipeline: Any, calls: Calls
) -> None:
    def stop(share: float, note: str) -> None:
        if share:
            raise Canceled("nobody wants it")

    first = made(model, Conditioning.EDIT)
    high = calls(pipeline.transformer)
    with pytest.raises(Canceled):
        made(model, Conditioning.EDIT, step=stop)
    assert len(high) == 2
    assert np.array_equal(made(model, Conditioning.EDIT), first)


def test_texts_are_encoded_once_for_all_steps_and_segments(
    model: Bernini, pipeline: Any, calls: Calls
) -> None:
    encodings = calls(pipeline.text_encoder)
    made(model, Conditioning.TEXT)
    made(model, Conditioning.TEXT, seed=9)
    assert len(encodings) == 2
    made(model, Conditioning.TEXT, prompt="A hare")
    assert len(encodings) == 3


def test_keyframes_are_refused(model: Bernini) -> None:
    call = replace(CALL, conditioning=Conditioning.KEYFRAMES)
    with pytest.raises(EngineFailed, match="keyframes"):
        model.perform(call, {"opening": SOURCE["source"][:1]}, Watch(quietly, STEPS))


def test_experts_kept_in_eight_bits_make_clips(pipeline: Any, tiny_profile: Profile) -> None:
    for expert in (pipeline.transformer, pipeline.transformer_2):
        expert.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32)
    frames = made(bernini(pipeline, tiny_profile), Conditioning.EDIT_WITH_REFERENCES, steps=2)
    assert frames.shape == (5, 32, 48, 3)


def test_a_pipeline_whose_weights_come_when_needed_makes_the_same_clip(
    pipeline: Any, tiny_profile: Profile
) -> None:
    expected = made(bernini(pipeline, tiny_profile), Conditioning.EDIT_WITH_REFERENCES, steps=2)
    pipeline.enable_group_offload(
        onload_device=torch.device("cpu"), offload_device=torch.device("cpu"), offload_type="leaf_level"
    )
    frames = made(bernini(pipeline, tiny_profile), Conditioning.EDIT_WITH_REFERENCES, steps=2)
    assert np.array_equal(frames, expected)


def test_it_is_loaded_by_its_profile(folder: Path, tiny_profile_path: Path, model: Bernini) -> None:
    options = DiffusersOptions(profile=str(tiny_profile_path), folder=folder.parent, device="cpu")
    call, arrays = asking(Conditioning.EDIT)
    loaded = load(options.model, call.conditioning, options, threads=1)
    try:
        frames = loaded.generate(call, arrays, quietly).frames
        with pytest.raises(EngineFailed, match="1 frames"):
            loaded.generate(call, {"source": arrays["source"][:1]}, quietly)
    finally:
        loaded.close()
    assert np.array_equal(frames, made(model, Conditioning.EDIT))
