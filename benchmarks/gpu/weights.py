"""Models of published shapes with random weights: right for speed, and for nothing else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from benchmarks.gpu.sizes import Config

SPREAD = 0.02
"""Weights are drawn, not zero: a GPU is quicker with zeros than with work."""


def transformer(config: Config, device: torch.device, dtype: torch.dtype) -> Any:
    """A WanTransformer3DModel, in the types that it is loaded in: some parts stay wide."""
    model = _outline(config)
    return _with_tables(_drawn(model, device, dtype, wide=model._keep_in_fp32_modules), config, device)


def twin(model: Any, config: Config, device: torch.device) -> Any:
    """Another transformer that has the very weights of this one, to be compiled for instance."""
    other = _outline(config)
    other.load_state_dict(model.state_dict(), assign=True)
    return _with_tables(other, config, device).eval()


def text_encoder(config: Config, device: torch.device, dtype: torch.dtype) -> Any:
    """A UMT5EncoderModel."""
    from transformers import UMT5Config, UMT5EncoderModel

    with torch.device("meta"):
        model = UMT5EncoderModel(UMT5Config(**config))
    return _drawn(model, device, dtype)


def autoencoder(config: Config, device: torch.device, dtype: torch.dtype) -> Any:
    """An AutoencoderKLWan."""
    from diffusers import AutoencoderKLWan

    with torch.device("meta"):
        model = AutoencoderKLWan(**config)
    return _drawn(model, device, dtype)


def _outline(config: Config) -> Any:
    from diffusers import WanTransformer3DModel

    with torch.device("meta"):
        return WanTransformer3DModel(**config)


def _with_tables(model: Any, config: Config, device: torch.device) -> Any:
    """Rotary tables are computed, not loaded, so they have to be made where there is memory for them."""
    rope = type(model.rope)(config["attention_head_dim"], config["patch_size"], config["rope_max_seq_len"])
    model.rope = rope.to(device)
    return model


def _drawn(model: Any, device: torch.device, dtype: torch.dtype, wide: Collection[str] = ()) -> Any:
    for name, part in model.named_parameters():
        part.data = part.data.to(torch.float32 if set(wide) & set(name.split(".")) else dtype)
    model = model.to_empty(device=device)
    dice = torch.Generator(device).manual_seed(0)
    with torch.no_grad():
        for part in model.parameters():
            part.normal_(0.0, SPREAD, generator=dice)
    return model.eval().requires_grad_(requires_grad=False)
