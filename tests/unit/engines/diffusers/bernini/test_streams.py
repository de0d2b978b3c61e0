"""Sources beside the clip in one sequence, over the stock transformer's own forward."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from tests.torch_or_skip import torch

from omnireel.engines.diffusers.bernini.streams import Source, velocity

STEP = torch.tensor([500])


def drawn(seed: int, *shape: int) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


CLIP = drawn(1, 1, 16, 3, 8, 12)
TEXT = drawn(2, 1, 20, 32)
VIDEO = drawn(3, 1, 16, 3, 8, 12)
PICTURE = drawn(4, 1, 16, 1, 6, 10)
SOURCES = (Source(VIDEO, 1), Source(PICTURE, 2))


@pytest.fixture(autouse=True)
def _no_gradients() -> Any:
    with torch.no_grad():
        yield


def stock(transformer: Any) -> Any:
    return transformer(CLIP, STEP, TEXT, return_dict=False)[0]


def spelled_out(transformer: Any, streams: Sequence[tuple[Any, int]]) -> Any:
    """The same by the transformer's parts, one after another; the last stream is the clip."""
    angles, tokens = [], []
    for latents, index in streams:
        cos, sin = transformer.rope(latents)
        turn = index * 10000.0 ** (-torch.arange(0, 12, 2, dtype=torch.float64) / 12)
        turned = torch.polar(torch.ones_like(turn), turn) * torch.complex(
            cos[..., ::2].double(), sin[..., ::2].double()
        )
        angles.append([part.float().repeat_interleave(2, dim=-1) for part in (turned.real, turned.imag)])
        tokens.append(transformer.patch_embedding(latents).flatten(2).transpose(1, 2))
    rotary = tuple(torch.cat(parts, dim=1) for parts in zip(*angles, strict=True))
    time, modulation, text, _ = transformer.condition_embedder(STEP, TEXT, None)
    hidden = torch.cat(tokens, dim=1)
    for block in transformer.blocks:
        hidden = block(hidden, text, modulation.unflatten(1, (6, -1)), rotary)
    hidden = hidden[:, -tokens[-1].shape[1] :]
    shift, scale = (transformer.scale_shift_table + time[:, None]).chunk(2, dim=1)
    hidden = transformer.proj_out(transformer.norm_out(hidden) * (1 + scale) + shift)
    frames, rows, columns = (side // patch for side, patch in zip(CLIP.shape[2:], (1, 2, 2), strict=True))
    patches = hidden.reshape(1, frames, rows, columns, 2, 2, 16)
    return patches.permute(0, 6, 1, 2, 4, 3, 5).reshape(CLIP.shape)


def test_a_clip_without_sources_is_the_stock_forward_to_the_bit(pipeline: Any) -> None:
    expected = stock(pipeline.transformer)
    assert float((velocity(pipeline.transformer, CLIP, STEP, TEXT) - expected).abs().max()) == 0.0
    assert torch.equal(spelled_out(pipeline.transformer, [(CLIP, 0)]), expected)


def test_sources_stand_before_the_clip_and_only_the_clip_is_read_out(pipeline: Any) -> None:
    got = velocity(pipeline.transformer, CLIP, STEP, TEXT, SOURCES)
    expected = spelled_out(pipeline.transformer, [(VIDEO, 1), (PICTURE, 2), (CLIP, 0)])
    assert got.shape == CLIP.shape
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(got, stock(pipeline.transformer), atol=1e-3)


def test_a_source_of_index_nought_is_turned_by_nothing(pipeline: Any) -> None:
    got = velocity(pipeline.transformer, CLIP, STEP, TEXT, (Source(VIDEO, 0),))
    assert torch.equal(got, spelled_out(pipeline.transformer, [(VIDEO, 0), (CLIP, 0)]))


def test_the_index_of_a_source_matters_and_its_place_in_the_list_does_not(pipeline: Any) -> None:
    first = velocity(pipeline.transformer, CLIP, STEP, TEXT, SOURCES)
    indexed = velocity(pipeline.transformer, CLIP, STEP, TEXT, (Source(VIDEO, 2), Source(PICTURE, 1)))
    placed = velocity(pipeline.transformer, CLIP, STEP, TEXT, SOURCES[::-1])
    assert not torch.allclose(first, indexed, atol=1e-5)
    torch.testing.assert_close(first, placed, rtol=1e-4, atol=1e-5)


def test_a_turn_twice_as_far_is_an_index_twice_as_high(pipeline: Any) -> None:
    far = velocity(pipeline.transformer, CLIP, STEP, TEXT, (Source(VIDEO, 1),), turn=2.0)
    assert torch.equal(far, velocity(pipeline.transformer, CLIP, STEP, TEXT, (Source(VIDEO, 2),)))


def test_the_transformer_is_as_before_afterwards_even_when_it_fails(pipeline: Any) -> None:
    expected = stock(pipeline.transformer)
    velocity(pipeline.transformer, CLIP, STEP, TEXT, SOURCES)
    with pytest.raises(RuntimeError):
        velocity(pipeline.transformer, CLIP, STEP, TEXT[..., :5], SOURCES)
    assert torch.equal(stock(pipeline.transformer), expected)


def test_weights_kept_in_eight_bits_are_widened_for_the_sources_too(pipeline: Any) -> None:
    wide = copy.deepcopy(pipeline.transformer)
    narrow = pipeline.transformer
    narrow.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=torch.float32)
    rounded = {name: value.to(torch.float32) for name, value in narrow.state_dict().items()}
    wide.load_state_dict(rounded)
    expected = velocity(wide, CLIP, STEP, TEXT, SOURCES)
    assert torch.equal(velocity(narrow, CLIP, STEP, TEXT, SOURCES), expected)


@pytest.mark.parametrize("level", ["block_level", "leaf_level"])
def test_weights_that_come_group_by_group_give_the_same(pipeline: Any, level: str) -> None:
    from diffusers.hooks import apply_group_offloading

    expected = velocity(pipeline.transformer, CLIP, STEP, TEXT, SOURCES)
    blocks = 1 if level == "block_level" else None
    apply_group_offloading(
        pipeline.transformer,
        onload_device=torch.device("cpu"),
        offload_device=torch.device("cpu"),
        offload_type=level,
        num_blocks_per_group=blocks,
    )
    assert torch.equal(velocity(pipeline.transformer, CLIP, STEP, TEXT, SOURCES), expected)


def test_weights_that_come_for_the_forward_alone_give_the_same(pipeline: Any) -> None:
    from accelerate import cpu_offload_with_hook
    from accelerate.hooks import AlignDevicesHook, add_hook_to_module

    expected = velocity(pipeline.transformer, CLIP, STEP, TEXT, SOURCES)
    whole, handle = cpu_offload_with_hook(pipeline.transformer, execution_device="cpu")
    assert torch.equal(velocity(whole, CLIP, STEP, TEXT, SOURCES), expected)
    handle.remove()
    for part in (whole.rope, whole.patch_embedding):
        add_hook_to_module(part, AlignDevicesHook(execution_device="cpu", offload=True))
    assert torch.equal(velocity(whole, CLIP, STEP, TEXT, SOURCES), expected)
