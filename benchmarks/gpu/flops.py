"""How many floating point operations a forward takes, from its shapes alone.

A multiplication and its addition are two operations. Only products of matrices count: what is elementwise is
under a hundredth. With `n` tokens of width `d`, hidden width `f`, `m` tokens of text and `l` blocks:

    linear     l * (12 n d^2 + 4 m d^2 + 4 n d f)    queries, keys, values, outputs, twice; the feed-forward
    attention  l * (4 n^2 d + 4 n m d)               scores and their use, of the clip and of the text

and what is done once: patches in and out, text and time embedded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Flop:
    """Floating point operations of one forward."""

    linear: float
    attention: float

    @property
    def total(self) -> float:
        return self.linear + self.attention


def wan_flop(config: Config, tokens: int, *, text: int, own: int | None = None) -> Flop:
    """Of a WanTransformer3DModel with this configuration, one clip, `text` tokens of prompt.

    `tokens` are all in the sequence; `own` are those read out, where sources stand before them.
    """
    width = config["num_attention_heads"] * config["attention_head_dim"]
    layers, patch = config["num_layers"], prod(config["patch_size"])
    blocks = layers * (12 * tokens * width**2 + 4 * text * width**2 + 4 * tokens * width * config["ffn_dim"])
    ends = 2 * width * patch * (config["in_channels"] * tokens + config["out_channels"] * (own or tokens))
    words = 2 * text * width * (config["text_dim"] + width)
    time = 2 * width * (config["freq_dim"] + width + 6 * width)
    attention = layers * 4 * tokens * width * (tokens + text)
    return Flop(linear=blocks + ends + words + time, attention=attention)


def umt5_flop(config: Config, tokens: int) -> Flop:
    """Of a UMT5EncoderModel with gated feed-forwards, one text."""
    inner = config["num_heads"] * config["d_kv"]
    width, layers = config["d_model"], config["num_layers"]
    linear = layers * (8 * tokens * width * inner + 6 * tokens * width * config["d_ff"])
    return Flop(linear=linear, attention=layers * 4 * tokens**2 * inner)


def matmul_flop(side: int) -> float:
    """Of the product of two square matrices."""
    return 2.0 * side**3
