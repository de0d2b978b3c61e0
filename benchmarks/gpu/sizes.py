"""What is measured: the published configurations at the clips people ask for, or toys of the same make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """A clip in pixels and frames, and how its autoencoder shrinks it."""

    width: int
    height: int
    frames: int
    spatial: int = 8
    temporal: int = 4

    def latents(self, channels: int) -> tuple[int, int, int, int, int]:
        """(1, channels, frames, height, width)."""
        frames = (self.frames - 1) // self.temporal + 1
        return (1, channels, frames, self.height // self.spatial, self.width // self.spatial)

    @property
    def tokens(self) -> int:
        """One for each two by two latents."""
        _, _, frames, height, width = self.latents(1)
        return frames * (height // 2) * (width // 2)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}, {self.frames} frames"


@dataclass(frozen=True)
class Sizes:
    """Everything that differs between the real thing and a toy."""

    large: Config
    """Wan 2.1 and 2.2 14B, Bernini-R 14B."""
    small: Config
    """Wan 2.1 and Bernini-R 1.3B."""
    middle: Config
    """Wan 2.2 TI2V 5B."""
    encoder: Config
    vae: Config
    clip: Shape
    """The smaller clip, std."""
    wide: Shape
    """The larger one, pro."""
    middle_clip: Shape
    text: int
    """Tokens of a prompt."""
    matmul: int
    """Sides of the matrices whose product is the roofline."""
    compiler: str


_WAN: Final[dict[str, Any]] = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 40,
    "attention_head_dim": 128,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": 4096,
    "freq_dim": 256,
    "ffn_dim": 13824,
    "num_layers": 40,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "eps": 1e-6,
    "rope_max_seq_len": 1024,
}
_UMT5: Final[dict[str, Any]] = {
    "vocab_size": 256384,
    "d_model": 4096,
    "d_kv": 64,
    "d_ff": 10240,
    "num_layers": 24,
    "num_heads": 64,
    "feed_forward_proj": "gated-gelu",
}
_VAE: Final[dict[str, Any]] = {
    "base_dim": 96,
    "z_dim": 16,
    "dim_mult": [1, 2, 4, 4],
    "num_res_blocks": 2,
    "temperal_downsample": [False, True, True],
}
_TOY: Final[dict[str, Any]] = {
    **_WAN,
    "num_attention_heads": 2,
    "attention_head_dim": 16,
    "text_dim": 24,
    "freq_dim": 32,
    "ffn_dim": 80,
    "num_layers": 2,
}

SIZES: Final[Mapping[str, Sizes]] = MappingProxyType(
    {
        "full": Sizes(
            large=_WAN,
            small={**_WAN, "num_attention_heads": 12, "ffn_dim": 8960, "num_layers": 30},
            middle={
                **_WAN,
                "num_attention_heads": 24,
                "ffn_dim": 14336,
                "num_layers": 30,
                "in_channels": 48,
                "out_channels": 48,
            },
            encoder=_UMT5,
            vae=_VAE,
            clip=Shape(832, 480, 81),
            wide=Shape(1280, 720, 81),
            middle_clip=Shape(1280, 704, 121, spatial=16),
            text=512,
            matmul=8192,
            compiler="inductor",
        ),
        "tiny": Sizes(
            large=_TOY,
            small={**_TOY, "num_layers": 1},
            middle={**_TOY, "in_channels": 48, "out_channels": 48},
            encoder={**_UMT5, "vocab_size": 100, "d_model": 24, "d_kv": 8, "d_ff": 48, "num_layers": 2}
            | {"num_heads": 3},
            vae={**_VAE, "base_dim": 3, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1},
            clip=Shape(32, 32, 5),
            wide=Shape(48, 32, 5),
            middle_clip=Shape(64, 32, 5, spatial=16),
            text=16,
            matmul=128,
            compiler="eager",
        ),
    }
)
