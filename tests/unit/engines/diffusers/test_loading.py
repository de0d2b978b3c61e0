"""Weights come from their folder into memory, or somebody is told what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnireel.engines.diffusers.attention import Attention, measured
from omnireel.engines.diffusers.call import Call, Conditioning, LoadedModel
from omnireel.engines.diffusers.faults import faults
from omnireel.engines.diffusers.guards import check_text_encoder
from omnireel.engines.diffusers.loading import load
from omnireel.engines.diffusers.memory import tile
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.pictures import frames_of
from omnireel.engines.diffusers.profile import Plan
from omnireel.engines.diffusers.prompts import MOST, Prompts
from omnireel.engines.diffusers.runtime import Runtime, device_name, libraries
from omnireel.errors import Canceled, DeviceBroken, EngineFailed, EngineUnavailable
from omnireel.testing.tiny_models import TinyModel

WORDS = Call(
    conditioning=Conditioning.TEXT,
    prompt="a robot that dances in the rain",
    negative_prompt="blurry",
    width=96,
    height=64,
    frames=9,
    fps=8,
    steps=2,
    guidance=4.0,
    guidance_low=None,
    shift=3.0,
    seed=3,
)


def loaded_from(folder: Path, model: TinyModel = TinyModel.WAN_VACE, **different: Any) -> LoadedModel:
    """From `folder`, by the profile in it."""
    given = {"profile": str(folder / f"tiny-{model}.toml"), "folder": folder, "device": "cpu", **different}
    options = DiffusersOptions.model_validate(given)
    return load(options.model, Conditioning.TEXT, options, threads=1)


def watch(share: float, note: str) -> None:
    """Nobody cancels."""


@pytest.fixture
def copy(tiny_models: Path, tmp_path: Path) -> Path:
    """A folder of models of which a test may break VACE."""
    shutil.copytree(tiny_models / "tiny--wan-vace", tmp_path / "tiny--wan-vace")
    shutil.copy(tiny_models / "tiny-wan-vace.toml", tmp_path)
    return tmp_path


@pytest.fixture
def runtime(tiny_models: Path) -> Runtime:
    torch, diffusers = libraries()
    return Runtime(torch, diffusers, "cpu", Plan.RESIDENT, 8.0)


def changed(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Write the file's tensors again, changed."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(file)
    change(tensors)
    save_file(tensors, file, metadata={"format": "pt"})


def test_weights_that_are_not_there_are_asked_for_by_their_command(tmp_path: Path, tiny_models: Path) -> None:
    shutil.copy(tiny_models / "tiny-wan-vace.toml", tmp_path)
    path = tmp_path / "tiny-wan-vace.toml"
    with pytest.raises(EngineUnavailable, match=rf"omnireel models pull {path} downloads 0\.001 GiB"):
        loaded_from(tmp_path)


def test_word_vectors_that_are_all_zero_are_found(copy: Path) -> None:
    def zeroed(tensors: dict[str, Any]) -> None:
        for name in tensors.keys() & {"shared.weight", "encoder.embed_tokens.weight"}:
            tensors[name].zero_()

    changed(copy / "tiny--wan-vace" / "text_encoder" / "model.safetensors", zeroed)
    with pytest.raises(EngineUnavailable, match="word vectors are all zero"):
        loaded_from(copy)


def test_word_vectors_that_are_not_those_of_the_table_are_found(runtime: Runtime) -> None:
    from transformers import UMT5Config, UMT5EncoderModel

    encoder = UMT5EncoderModel(
        UMT5Config(vocab_size=32, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    )
    check_text_encoder(encoder)
    other = runtime.torch.nn.Embedding(32, 8)
    encoder.encoder.embed_tokens = other
    with pytest.raises(EngineUnavailable, match="not those of its own table"):
        check_text_encoder(encoder)


def test_pickled_weights_are_not_opened(copy: Path, runtime: Runtime) -> None:
    vae = copy / "tiny--wan-vace" / "vae"
    (vae / "diffusion_pytorch_model.safetensors").unlink()
    runtime.torch.save({}, vae / "diffusion_pytorch_model.bin")
    with pytest.raises(EngineUnavailable, match="cannot be read as a WanVACEPipeline"):
        loaded_from(copy)


def test_weights_that_came_only_in_part_are_told(copy: Path) -> None:
    weights = copy / "tiny--wan-vace" / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:10_000])
    with pytest.raises(EngineUnavailable, match="cannot be read as a WanVACEPipeline"):
        loaded_from(copy)


def test_a_model_of_another_family_is_not_taken(copy: Path) -> None:
    index = copy / "tiny--wan-vace" / "model_index.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), "_class_name": "WanPipeline"}))
    with pytest.raises(EngineUnavailable, match="holds a WanPipeline, and Tiny VACE is none of those"):
        loaded_from(copy)


def test_a_device_that_is_not_there_is_named(tiny_models: Path) -> None:
    torch, _ = libraries()
    assert device_name(torch, "cpu") == "cpu"
    with pytest.raises(EngineUnavailable, match=r"device = 'cuda:63': torch .* sees .* GPUs"):
        device_name(torch, "cuda:63")


def overlay(file: Path, torch: Any, prefix: str = "transformer.") -> Path:
    """An overlay for the first attention of VACE's tiny transformer, strong enough to show."""
    from safetensors.torch import save_file

    random = torch.Generator().manual_seed(1)
    layer = f"{prefix}blocks.0.attn1.to_q"
    down, up = (torch.randn(shape, generator=random) for shape in ((2, 24), (24, 2)))
    save_file({f"{layer}.lora_A.weight": down, f"{layer}.lora_B.weight": 4 * up}, file)
    return file


def test_weights_are_laid_over_a_model_and_taken_off_again(
    tiny_models: Path, tmp_path: Path, runtime: Runtime
) -> None:
    pytest.importorskip("peft", reason="overlays need peft: pip install peft")
    file = overlay(tmp_path / "few_steps.safetensors", runtime.torch)
    model = loaded_from(tiny_models, std={"path": file, "steps": 2})
    plain = model.generate(WORDS, {}, watch).frames
    overlaid = model.generate(replace(WORDS, lora=str(file)), {}, watch).frames
    assert not np.array_equal(overlaid, plain)
    assert np.array_equal(model.generate(WORDS, {}, watch).frames, plain)
    assert np.array_equal(model.generate(replace(WORDS, lora=str(file)), {}, watch).frames, overlaid)


def test_both_experts_get_their_overlay(tiny_models: Path, tmp_path: Path, runtime: Runtime) -> None:
    pytest.importorskip("peft", reason="overlays need peft: pip install peft")
    file = overlay(tmp_path / "few_steps.safetensors", runtime.torch)
    model = loaded_from(tiny_models, TinyModel.WAN, std={"path": file, "steps": 2})
    high_only = replace(WORDS, lora=str(file), shift=30.0, steps=1)
    low_too = replace(high_only, shift=1.0, steps=4)
    for call in (high_only, low_too):
        plain = model.generate(replace(call, lora=None), {}, watch).frames
        assert not np.array_equal(model.generate(call, {}, watch).frames, plain)


def test_an_overlay_for_another_model_is_refused_and_leaves_nothing(
    tiny_models: Path, tmp_path: Path, runtime: Runtime
) -> None:
    pytest.importorskip("peft", reason="overlays need peft: pip install peft")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no tensors")
    foreign = overlay(tmp_path / "foreign.safetensors", runtime.torch, prefix="unet.")
    deeper = overlay(tmp_path / "deeper.safetensors", runtime.torch, prefix="transformer.blocks.7.")
    model = loaded_from(tiny_models, std={"path": broken, "steps": 2}, pro={"path": foreign, "steps": 2})
    plain = model.generate(WORDS, {}, watch).frames
    for file, told in ((broken, "cannot be laid over the model"), (foreign, "has no weights for this model")):
        with pytest.raises(EngineFailed, match=told):
            model.generate(replace(WORDS, lora=str(file)), {}, watch)
        assert np.array_equal(model.generate(WORDS, {}, watch).frames, plain)
    model = loaded_from(tiny_models, std={"path": deeper, "steps": 2})
    with pytest.raises(EngineFailed, match="cannot be laid over the model"):
        model.generate(replace(WORDS, lora=str(deeper)), {}, watch)
    assert np.array_equal(model.generate(WORDS, {}, watch).frames, plain)


def test_only_overlays_of_the_operators_are_used(tiny_models: Path) -> None:
    model = loaded_from(tiny_models)
    with pytest.raises(EngineFailed, match="no mode of this engine lays /etc/passwd"):
        model.generate(replace(WORDS, lora="/etc/passwd"), {}, watch)


def test_running_out_of_memory_is_told_and_gives_the_memory_back(runtime: Runtime) -> None:
    torch = runtime.torch
    for error in (torch.OutOfMemoryError("CUDA out of memory. Tried"), MemoryError("no room")):
        with pytest.raises(EngineFailed, match="out of memory while decoding"), faults(runtime, "decoding"):
            raise error
    with pytest.raises(EngineFailed, match="out of memory while filling"), faults(runtime, "filling"):
        torch.empty(2**60, dtype=torch.uint8)


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: an illegal memory access was encountered\nCompile with TORCH_USE_CUDA_DSA",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "CUDA error: device-side assert triggered",
    ],
)
def test_a_device_that_fails_is_told_from_a_model_that_does(runtime: Runtime, said: str) -> None:
    first = said.partition("\n")[0]
    with (
        pytest.raises(DeviceBroken, match=f"cpu failed while making it: {first}$"),
        faults(runtime, "making it"),
    ):
        raise RuntimeError(said)
    with pytest.raises(EngineFailed, match="making it failed: sizes differ"), faults(runtime, "making it"):
        raise RuntimeError("sizes differ")
    with pytest.raises(Canceled), faults(runtime, "making it"):
        raise Canceled("nobody waits")


def test_an_error_in_the_middle_leaves_no_tensors_behind(runtime: Runtime) -> None:
    import weakref

    left: list[weakref.ref[Any]] = []

    def broken() -> None:
        tensor = runtime.torch.zeros(8)
        left.append(weakref.ref(tensor))
        raise RuntimeError("CUDA out of memory")

    with pytest.raises(EngineFailed) as told, faults(runtime, "making it"):
        broken()
    assert told.value.__cause__ is not None
    assert left[0]() is None


def test_pixels_that_are_not_numbers_are_no_picture() -> None:
    made = np.full((2, 4, 4, 3), 0.5, np.float32)
    assert frames_of(made).max() == 128
    made[1, 2, 3, 0] = np.nan
    with pytest.raises(EngineFailed, match="not numbers"):
        frames_of(made)


def test_prompts_are_read_once_while_they_are_remembered(runtime: Runtime) -> None:
    read: list[str] = []

    def encode(prompt: str) -> tuple[Any, ...]:
        read.append(prompt)
        return (runtime.torch.zeros(4),)

    prompts = Prompts(encode)
    for number in range(MOST):
        prompts(f"prompt {number}")
    prompts("prompt 0")
    assert len(read) == MOST
    prompts("one more")
    prompts("prompt 0")
    prompts("prompt 1")
    assert read[MOST:] == ["one more", "prompt 1"]


def test_large_prompts_are_forgotten_sooner(runtime: Runtime) -> None:
    read: list[str] = []

    def encode(prompt: str) -> tuple[Any, ...]:
        read.append(prompt)
        return (runtime.torch.empty(1, dtype=runtime.torch.uint8).expand(2**30 + 1),)

    prompts = Prompts(encode)
    for prompt in ("first", "second", "first"):
        prompts(prompt)
    assert read == ["first", "second", "first"]


def test_large_pictures_are_decoded_in_pieces(runtime: Runtime, tiny_models: Path) -> None:
    vae = runtime.diffusers.AutoencoderKLWan.from_pretrained(str(tiny_models / "tiny--wan-vace" / "vae"))
    for pixels, room, tiled in ((832 * 480, 20.0, False), (832 * 480, 12.0, True), (1280 * 720, 80.0, False)):
        tile(vae, pixels=pixels, room_gib=room)
        assert vae.use_tiling is tiled


def test_any_order_of_kernels_gives_the_same_attention(runtime: Runtime) -> None:
    from torch.nn.attention import SDPBackend

    torch = runtime.torch
    query = torch.randn((1, 2, 64, 16), generator=torch.Generator().manual_seed(0))
    found = []
    for order in ((), (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION), (SDPBackend.MATH,)):
        with Attention(order)():
            found.append(torch.nn.functional.scaled_dot_product_attention(query, query, query))
    assert torch.equal(found[0], found[1])
    assert torch.allclose(found[0], found[2], atol=1e-6)


def test_nothing_is_measured_without_a_gpu(runtime: Runtime) -> None:
    assert measured(None, runtime).order == ()
