"""Clips of real pipelines over tiny random weights, through every conditioning of every family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnireel.engines.diffusers.call import Call, Conditioning, LoadedModel
from omnireel.engines.diffusers.denoising import Watch
from omnireel.engines.diffusers.loading import FAMILIES, load
from omnireel.engines.diffusers.ltx2 import open_ltx2
from omnireel.engines.diffusers.memory import compile_blocks, place
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.performing import Open, Opening
from omnireel.engines.diffusers.profile import Plan, profile
from omnireel.engines.diffusers.runtime import Runtime, libraries
from omnireel.engines.diffusers.vace import open_vace
from omnireel.engines.diffusers.wan import open_wan
from omnireel.engines.link import Array
from omnireel.errors import Canceled, EngineFailed, EngineUnavailable
from omnireel.testing.tiny_models import TinyModel

WIDTH, HEIGHT, FRAMES = 96, 64, 9
EVERYTHING = [
    (TinyModel.WAN, Conditioning.TEXT),
    (TinyModel.WAN, Conditioning.KEYFRAMES),
    (TinyModel.WAN_TI2V, Conditioning.TEXT),
    (TinyModel.WAN_TI2V, Conditioning.KEYFRAMES),
    *((TinyModel.WAN_VACE, conditioning) for conditioning in Conditioning),
    (TinyModel.LTX2, Conditioning.TEXT),
    (TinyModel.LTX2, Conditioning.KEYFRAMES),
]
Loads = Callable[..., LoadedModel]


@pytest.fixture(scope="module")
def loads(tiny_models: Path) -> Loads:
    """Loads each tiny repository once for all tests."""
    loaded: dict[str, LoadedModel] = {}

    def loaded_one(model: TinyModel, conditioning: Conditioning, **different: Any) -> LoadedModel:
        options = options_of(tiny_models, model, **different)
        key = f"{options.model.weights_for(conditioning)} {different}"
        if key not in loaded:
            loaded[key] = load(options.model, conditioning, options, threads=1)
        return loaded[key]

    return loaded_one


def options_of(folder: Path, model: TinyModel, **different: Any) -> DiffusersOptions:
    given = {"profile": str(folder / f"tiny-{model}.toml"), "folder": folder, "device": "cpu", **different}
    return DiffusersOptions.model_validate(given)


def call_of(model: TinyModel, conditioning: Conditioning) -> Call:
    return Call(
        conditioning=conditioning,
        prompt="a robot that dances in the rain",
        negative_prompt="blurry",
        width=WIDTH,
        height=HEIGHT,
        frames=FRAMES,
        fps=8,
        steps=2,
        guidance=4.0,
        guidance_low=3.0 if model is TinyModel.WAN else None,
        shift=None if model is TinyModel.LTX2 else 3.0,
        seed=11,
        references=2 if "references" in conditioning else 0,
    )


def arrays_of(model: TinyModel, conditioning: Conditioning, seed: int = 0) -> dict[str, Array]:
    """What goes with it; other pictures for another seed."""
    random = np.random.default_rng(seed)

    def frames(count: int) -> Array:
        return random.integers(0, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)

    arrays: dict[str, Array] = {}
    if "edit" in conditioning:
        arrays["source"] = frames(FRAMES)
    if "references" in conditioning:
        arrays |= {"reference_1": frames(1)[0], "reference_2": frames(1)[0, :48, :32]}
    if conditioning is Conditioning.KEYFRAMES:
        arrays["opening"] = frames(1)
        if model is not TinyModel.WAN_TI2V:
            arrays["closing"] = frames(1)
    return arrays


def watch(share: float, note: str) -> None:
    assert 0 <= share <= 1
    assert note


@pytest.mark.parametrize(("model", "conditioning"), EVERYTHING)
def test_the_clip_has_its_shape_and_the_same_seed_makes_the_same(
    loads: Loads, model: TinyModel, conditioning: Conditioning
) -> None:
    loaded, call = loads(model, conditioning), call_of(model, conditioning)
    arrays = arrays_of(model, conditioning)
    made, again = (loaded.generate(call, arrays, watch) for _ in range(2))
    other = loaded.generate(replace(call, seed=12), arrays, watch)
    assert made.frames.shape == (FRAMES, HEIGHT, WIDTH, 3)
    assert made.frames.dtype == np.uint8
    assert made.frames.std() > 1
    assert np.array_equal(made.frames, again.frames)
    assert not np.array_equal(made.frames, other.frames)


@pytest.mark.parametrize(
    ("model", "conditioning"), [pair for pair in EVERYTHING if pair[1] is not Conditioning.TEXT]
)
def test_the_pictures_matter(loads: Loads, model: TinyModel, conditioning: Conditioning) -> None:
    loaded, call = loads(model, conditioning), call_of(model, conditioning)
    whole = arrays_of(model, conditioning)
    made = loaded.generate(call, whole, watch).frames
    for name in whole:
        changed = {**whole, name: arrays_of(model, conditioning, seed=1)[name]}
        assert not np.array_equal(loaded.generate(call, changed, watch).frames, made), name


@pytest.mark.parametrize("model", TinyModel)
def test_each_step_is_told_and_the_words_matter(loads: Loads, model: TinyModel) -> None:
    loaded, told = loads(model, Conditioning.TEXT), []
    call = replace(call_of(model, Conditioning.TEXT), steps=4)
    made = loaded.generate(call, {}, lambda share, note: told.append((round(share, 4), note)))
    assert told == [
        (0.0, "reading the prompt"),
        (0.2375, "denoising, step 2 of 4"),
        (0.475, "denoising, step 3 of 4"),
        (0.7125, "denoising, step 4 of 4"),
        (0.95, "decoding"),
    ]
    for other in (replace(call, prompt="a cat"), replace(call, negative_prompt="a dog")):
        assert not np.array_equal(loaded.generate(other, {}, watch).frames, made.frames)


@pytest.mark.parametrize(
    ("model", "conditioning"),
    [
        (TinyModel.WAN, Conditioning.KEYFRAMES),
        (TinyModel.WAN_TI2V, Conditioning.TEXT),
        (TinyModel.WAN_VACE, Conditioning.EDIT_WITH_REFERENCES),
        (TinyModel.LTX2, Conditioning.KEYFRAMES),
    ],
)
def test_a_clip_is_left_within_a_step_and_the_next_one_is_as_if_nothing_had_been(
    loads: Loads, model: TinyModel, conditioning: Conditioning
) -> None:
    loaded, call = loads(model, conditioning), replace(call_of(model, conditioning), steps=3)
    arrays = arrays_of(model, conditioning)
    before = loaded.generate(call, arrays, watch)
    told: list[float] = []

    def leave(share: float, note: str) -> None:
        told.append(share)
        if share > 0.6:
            raise Canceled("nobody waits for it")

    with pytest.raises(Canceled):
        loaded.generate(replace(call, seed=5), arrays, leave)
    assert len(told) == 3
    assert np.array_equal(loaded.generate(call, arrays, watch).frames, before.frames)


def test_each_call_is_made_with_its_own_schedule(loads: Loads) -> None:
    loaded, call = loads(TinyModel.WAN, Conditioning.TEXT), call_of(TinyModel.WAN, Conditioning.TEXT)
    plain = replace(call, shift=None)
    first = loaded.generate(plain, {}, watch).frames
    assert not np.array_equal(loaded.generate(replace(call, shift=9.0), {}, watch).frames, first)
    assert np.array_equal(loaded.generate(plain, {}, watch).frames, first)


def test_the_expert_of_low_noise_is_guided_by_its_own_number(loads: Loads) -> None:
    call = replace(call_of(TinyModel.WAN, Conditioning.TEXT), steps=4)
    loaded = loads(TinyModel.WAN, Conditioning.TEXT)
    made = loaded.generate(call, {}, watch).frames
    assert not np.array_equal(loaded.generate(replace(call, guidance_low=6.0), {}, watch).frames, made)


@pytest.mark.parametrize(
    ("model", "conditioning"),
    [(TinyModel.WAN_VACE, Conditioning.KEYFRAMES), (TinyModel.LTX2, Conditioning.KEYFRAMES)],
)
def test_a_clip_goes_on_from_several_frames(
    loads: Loads, tiny_models: Path, model: TinyModel, conditioning: Conditioning
) -> None:
    carry = profile(str(tiny_models / f"tiny-{model}.toml")).carry
    loaded, call = loads(model, conditioning), replace(call_of(model, conditioning), frames=17)
    opening = arrays_of(model, Conditioning.EDIT)["source"][:carry]
    made = loaded.generate(call, {"opening": opening}, watch).frames
    last_other = opening.copy()
    last_other[-1] = 255 - last_other[-1]
    assert carry > 1
    assert not np.array_equal(loaded.generate(call, {"opening": last_other}, watch).frames, made)


def test_wan_begins_with_the_last_frame_of_an_opening(loads: Loads) -> None:
    loaded, call = (
        loads(TinyModel.WAN, Conditioning.KEYFRAMES),
        call_of(TinyModel.WAN, Conditioning.KEYFRAMES),
    )
    opening = arrays_of(TinyModel.WAN, Conditioning.EDIT)["source"][:3]
    made, of_the_last = (
        loaded.generate(call, {"opening": frames}, watch) for frames in (opening, opening[-1:])
    )
    assert np.array_equal(made.frames, of_the_last.frames)


def test_wan_wants_a_first_frame_and_its_small_model_no_last_one(loads: Loads) -> None:
    closing = {"closing": arrays_of(TinyModel.WAN, Conditioning.KEYFRAMES)["closing"]}
    call = call_of(TinyModel.WAN, Conditioning.KEYFRAMES)
    with pytest.raises(EngineFailed, match="needs a first frame"):
        loads(TinyModel.WAN, Conditioning.KEYFRAMES).generate(call, closing, watch)
    small = loads(TinyModel.WAN_TI2V, Conditioning.KEYFRAMES)
    with pytest.raises(EngineFailed, match="cannot be told the last frame"):
        small.generate(
            call_of(TinyModel.WAN_TI2V, Conditioning.KEYFRAMES),
            {**closing, "opening": closing["closing"]},
            watch,
        )


def test_vace_ends_a_clip_on_frames_without_an_opening(loads: Loads) -> None:
    loaded = loads(TinyModel.WAN_VACE, Conditioning.KEYFRAMES)
    call = call_of(TinyModel.WAN_VACE, Conditioning.KEYFRAMES)
    arrays = {"closing": arrays_of(TinyModel.WAN_VACE, Conditioning.EDIT)["source"][:2]}
    assert loaded.generate(call, arrays, watch).frames.shape == (FRAMES, HEIGHT, WIDTH, 3)


def test_vace_is_not_begun_with_more_references_than_it_can_place(loads: Loads) -> None:
    loaded = loads(TinyModel.WAN_VACE, Conditioning.REFERENCES)
    call = replace(call_of(TinyModel.WAN_VACE, Conditioning.REFERENCES), references=4)
    one = arrays_of(TinyModel.WAN_VACE, Conditioning.REFERENCES)["reference_1"]
    with pytest.raises(EngineFailed, match="a clip of 9 frames takes 3 references, not 4"):
        loaded.generate(call, {f"reference_{at}": one for at in range(1, 5)}, watch)


def test_ltx_makes_stereo_sound_as_long_as_the_pictures(loads: Loads) -> None:
    made = loads(TinyModel.LTX2, Conditioning.TEXT).generate(
        replace(call_of(TinyModel.LTX2, Conditioning.TEXT), frames=41), {}, watch
    )
    assert made.audio is not None
    assert made.audio.dtype == np.float32
    assert made.audio.shape[0] == 2
    assert np.abs(made.audio).max() <= 1
    assert made.rate == 16_000


def test_ltx_follows_the_schedule_that_distilled_weights_were_taught(tiny_models: Path) -> None:
    torch, diffusers = libraries()
    model = profile(str(tiny_models / "tiny-ltx2.toml"))
    runtime = Runtime(torch, diffusers, "cpu", Plan.RESIDENT, 8.0)
    ltx = open_ltx2(Opening(tiny_models / "tiny--ltx2", model, runtime))
    call = replace(call_of(TinyModel.LTX2, Conditioning.TEXT), steps=8, guidance=1.0)
    ltx.perform(call, {}, Watch(watch, call.steps))
    taught = [1.0, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0.0]
    assert ltx.pipeline.scheduler.sigmas.tolist() == pytest.approx(taught)


@pytest.mark.parametrize(
    ("numbers", "guidance", "forwards"),
    [
        ({}, 4.0, 1),
        ({"audio_guidance": 7.0, "rescale": 0.7}, 4.0, 1),
        ({"stg": 1.0, "stg_block": 1}, 4.0, 2),
        ({"stg": 1.0, "stg_block": 1, "modality": 3.0}, 4.0, 3),
        ({"stg": 1.0, "stg_block": 1, "modality": 3.0}, 1.0, 1),
    ],
)
def test_ltx_is_guided_as_its_profile_says(
    tiny_models: Path, numbers: dict[str, float], guidance: float, forwards: int
) -> None:
    torch, diffusers = libraries()
    model = profile(str(tiny_models / "tiny-ltx2.toml")).model_copy(update={"numbers": numbers})
    runtime = Runtime(torch, diffusers, "cpu", Plan.RESIDENT, 8.0)
    ltx = open_ltx2(Opening(tiny_models / "tiny--ltx2", model, runtime))
    passes: list[int] = []
    ltx.pipeline.transformer.register_forward_hook(lambda *_: passes.append(1))
    call = replace(call_of(TinyModel.LTX2, Conditioning.TEXT), guidance=guidance)
    assert ltx.perform(call, {}, Watch(watch, call.steps)).frames.std() > 1
    assert len(passes) == forwards * call.steps


def test_numbers_that_nobody_knows_are_not_passed_over(tiny_models: Path) -> None:
    torch, diffusers = libraries()
    model = profile(str(tiny_models / "tiny-ltx2.toml")).model_copy(update={"numbers": {"sgt": 1.0}})
    with pytest.raises(EngineUnavailable, match="numbers of Tiny LTX-2: nobody knows sgt"):
        open_ltx2(
            Opening(tiny_models / "tiny--ltx2", model, Runtime(torch, diffusers, "cpu", Plan.RESIDENT, 8.0))
        )


@pytest.mark.parametrize(("model", "opened"), [(TinyModel.WAN_VACE, open_vace), (TinyModel.LTX2, open_ltx2)])
def test_the_segments_of_a_clip_read_their_prompts_once(
    tiny_models: Path, model: TinyModel, opened: Open
) -> None:
    torch, diffusers = libraries()
    runtime = Runtime(torch, diffusers, "cpu", Plan.RESIDENT, 8.0)
    described = profile(str(tiny_models / f"tiny-{model}.toml"))
    performer = opened(Opening(tiny_models / f"tiny--{model}", described, runtime))
    read: list[int] = []
    performer.pipeline.text_encoder.register_forward_hook(lambda *_: read.append(1))
    call = call_of(model, Conditioning.TEXT)
    for segment in (call, replace(call, seed=2), replace(call, prompt="a cat")):
        performer.perform(segment, {}, Watch(watch, call.steps))
    assert len(read) == len({call.prompt, call.negative_prompt, "a cat"})


@pytest.mark.parametrize("model", [TinyModel.WAN, TinyModel.LTX2])
def test_eight_bit_weights_make_nearly_the_same_clip(loads: Loads, model: TinyModel) -> None:
    call = call_of(model, Conditioning.TEXT)
    whole, narrow = (
        loads(model, Conditioning.TEXT, plan=plan).generate(call, {}, watch).frames.astype(np.float32)
        for plan in (Plan.RESIDENT, Plan.LAYERWISE_FP8)
    )
    assert not np.array_equal(whole, narrow)
    assert np.abs(whole - narrow).mean() < 8


@pytest.mark.parametrize(("model", "opened"), [(TinyModel.WAN_TI2V, open_wan), (TinyModel.LTX2, open_ltx2)])
def test_parts_that_come_when_their_turn_comes_make_the_same_clip(
    tiny_models: Path, model: TinyModel, opened: Open
) -> None:
    torch, diffusers = libraries()
    described = profile(str(tiny_models / f"tiny-{model}.toml"))
    call, arrays = call_of(model, Conditioning.KEYFRAMES), arrays_of(model, Conditioning.KEYFRAMES)
    made = []
    for plan in (Plan.RESIDENT, Plan.OFFLOAD):
        runtime = Runtime(torch, diffusers, "cpu", plan, 8.0)
        performer = opened(Opening(tiny_models / f"tiny--{model}", described, runtime))
        place(performer.pipeline, runtime)
        for _ in range(2):
            made.append(performer.perform(call, arrays, Watch(watch, call.steps)).frames.astype(np.int16))
            performer.pipeline.maybe_free_model_hooks()
    assert hasattr(performer.pipeline.transformer, "_hf_hook")
    # Weights that were moved lie elsewhere in memory, and a CPU may sum them in another order.
    assert all(np.abs(one - made[0]).max() <= 1 for one in made)


@pytest.mark.parametrize(("model", "conditioning"), EVERYTHING)
def test_parts_of_two_widths_work_together_as_on_a_gpu(
    tiny_models: Path, model: TinyModel, conditioning: Conditioning
) -> None:
    torch, diffusers = libraries()
    described = profile(str(tiny_models / f"tiny-{model}.toml"))
    weights = described.weights_for(conditioning)
    assert weights is not None
    # A CPU by a name that only GPUs have computes in their types.
    runtime = Runtime(torch, diffusers, "cpu:0", Plan.RESIDENT, 8.0)
    folder = tiny_models / weights.repo.replace("/", "--")
    performer = FAMILIES[described.family](Opening(folder, described, runtime))
    parts = performer.pipeline
    assert parts.transformer.dtype is parts.text_encoder.dtype is torch.bfloat16
    assert parts.vae.dtype is (torch.bfloat16 if model is TinyModel.LTX2 else torch.float32)
    call = call_of(model, conditioning)
    made = performer.perform(call, arrays_of(model, conditioning), Watch(watch, call.steps))
    assert made.frames.shape == (FRAMES, HEIGHT, WIDTH, 3)
    assert made.frames.std() > 1


@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated:DeprecationWarning")
def test_each_block_of_the_transformer_can_be_compiled_by_itself(tiny_models: Path) -> None:
    torch, diffusers = libraries()
    runtime = Runtime(torch, diffusers, "cpu", Plan.RESIDENT, 8.0)
    described = profile(str(tiny_models / "tiny-wan-vace.toml"))
    vace = open_vace(Opening(tiny_models / "tiny--wan-vace", described, runtime))
    call, arrays = (
        call_of(TinyModel.WAN_VACE, Conditioning.EDIT),
        arrays_of(TinyModel.WAN_VACE, Conditioning.EDIT),
    )
    plain = vace.perform(call, arrays, Watch(watch, call.steps)).frames
    compile_blocks(vace.pipeline)
    transformer = vace.pipeline.transformer
    assert all(block._compiled_call_impl for block in (*transformer.blocks, *transformer.vace_blocks))
    # What the compiler makes of them takes minutes, so it is not begun.
    with torch.compiler.set_stance("force_eager"):
        assert np.array_equal(vace.perform(call, arrays, Watch(watch, call.steps)).frames, plain)


def test_a_closed_model_makes_nothing(tiny_models: Path) -> None:
    options = options_of(tiny_models, TinyModel.LTX2)
    loaded = load(options.model, Conditioning.TEXT, options, threads=1)
    loaded.close()
    with pytest.raises(EngineFailed, match="was closed"):
        loaded.generate(call_of(TinyModel.LTX2, Conditioning.TEXT), {}, watch)
