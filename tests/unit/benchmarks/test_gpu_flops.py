"""Operations counted from shapes are those that torch counts while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from benchmarks.gpu.flops import umt5_flop, wan_flop
from benchmarks.gpu.sizes import SIZES, Shape
from tests.torch_or_skip import torch

TINY, FULL = SIZES["tiny"], SIZES["full"]
CPU = torch.device("cpu")


def counted(work: Any) -> float:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    # The plain kernel is made of products that the counter knows.
    with torch.no_grad(), sdpa_kernel([SDPBackend.MATH]), FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


@pytest.mark.parametrize("shape", [TINY.clip, TINY.wide, Shape(64, 48, 9)])
@pytest.mark.parametrize("config", [TINY.large, TINY.small, TINY.middle])
@pytest.mark.parametrize("with_source", [False, True])
def test_a_forward_has_the_operations_that_are_counted(
    shape: Shape, config: Mapping[str, Any], with_source: bool
) -> None:
    from benchmarks.gpu import weights

    from omnireel.engines.diffusers.bernini.streams import Source, velocity

    model = weights.transformer(config, CPU, torch.float32)
    noisy = torch.zeros(shape.latents(config["in_channels"]))
    sources = [Source(noisy, 1)] if with_source else []
    text = torch.zeros(1, TINY.text, config["text_dim"])
    got = counted(lambda: velocity(model, noisy, torch.tensor([500]), text, sources))
    tokens = shape.tokens * (1 + with_source)
    assert wan_flop(config, tokens, own=shape.tokens, text=TINY.text).total == got


def test_a_text_has_the_operations_that_are_counted() -> None:
    from benchmarks.gpu import weights

    model = weights.text_encoder(TINY.encoder, CPU, torch.float32)
    words = torch.arange(TINY.text)[None]
    got = counted(lambda: model(words, torch.ones_like(words)))
    assert umt5_flop(TINY.encoder, TINY.text).total == got


def test_the_published_shapes_have_the_published_weights() -> None:
    from diffusers import AutoencoderKLWan, WanTransformer3DModel

    with torch.device("meta"):
        models = [
            *(WanTransformer3DModel(**config) for config in (FULL.large, FULL.small, FULL.middle)),
            AutoencoderKLWan(**FULL.vae),
        ]
    billions = [sum(part.numel() for part in model.parameters()) / 1e9 for model in models]
    assert [round(count, 2) for count in billions] == [14.29, 1.42, 5.0, 0.13]


def test_clips_have_as_many_tokens_as_is_known_of_them() -> None:
    assert (FULL.clip.tokens, FULL.wide.tokens, FULL.middle_clip.tokens) == (32_760, 75_600, 27_280)


@pytest.mark.parametrize(
    ("shape", "sources", "tera"),
    [(FULL.clip, 0, 1678), (FULL.wide, 0, 6523), (FULL.clip, 1, 5113), (FULL.wide, 1, 22409)],
)
def test_a_forward_of_the_large_model_takes_thousands_of_tera(shape: Shape, sources: int, tera: int) -> None:
    flop = wan_flop(FULL.large, shape.tokens * (1 + sources), own=shape.tokens, text=FULL.text)
    assert round(flop.total / 1e12) == tera
