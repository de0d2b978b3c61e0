"""Shows Wan's transformer clean sources beside the noisy clip, each as a stretch of tokens of its own.

Every source is embedded separately and stands before the clip's tokens; the rotary angles of source `n` are
turned by `n` positions more, so that the same place in two streams can be told apart. The clip has index 0,
whose turn is none, and only its tokens are read out. (Liu et al., "Bernini: Latent Semantic Planning for
Video Diffusion", 2026, whose renderer has the weights of a plain Wan model.)

The transformer's own forward is what runs; three of its modules are given more to see. So whatever is hung on
its modules, offloading, eight-bit storage, compiled blocks, adapters, works as it does without sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch

THETA = 10000.0
"""Base of the rotary frequencies, as in Wan."""


@dataclass(frozen=True)
class Source:
    """Clean latents, (1, channels, frames, height, width), and which of the sources they are, from 1."""

    latents: torch.Tensor
    index: int


def velocity(
    transformer: Any,
    noisy: torch.Tensor,
    timestep: torch.Tensor,
    text: torch.Tensor,
    sources: Sequence[Source] = (),
    turn: float = 1.0,
) -> torch.Tensor:
    """What the model predicts for the clip alone, shaped like `noisy`, which has the model's dtype.

    `text` is (1, tokens, width), `timestep` (1,). Without sources this is the stock forward, to the bit.
    """
    with _beside(transformer, sources, turn):
        return transformer(
            hidden_states=noisy, timestep=timestep, encoder_hidden_states=text, return_dict=False
        )[0]


@contextmanager
def _beside(transformer: Any, sources: Sequence[Source], turn: float) -> Iterator[None]:
    with ExitStack() as stack:
        if sources:
            seen = _Seen(sources, turn)
            for handle in (
                transformer.rope.register_forward_hook(seen.turned),
                transformer.patch_embedding.register_forward_hook(seen.embedded),
                transformer.norm_out.register_forward_pre_hook(seen.only_clip),
            ):
                stack.callback(handle.remove)
        yield


class _Seen:
    """Hooks for one forward. Modules are asked by `forward`, where what offloads them listens."""

    def __init__(self, sources: Sequence[Source], turn: float) -> None:
        self._sources = sources
        self._turn = turn
        self._clip_tokens = 0

    def turned(self, rope: Any, _: Any, own: tuple[torch.Tensor, torch.Tensor]) -> tuple[Any, ...]:
        angles = [_turned(rope, source, self._turn) for source in self._sources]
        return tuple(torch.cat(parts, dim=1) for parts in zip(*angles, own, strict=True))

    def embedded(self, embedding: Any, _: Any, own: torch.Tensor) -> torch.Tensor:
        """(1, width, tokens), which the transformer takes for patches laid flat already."""
        clip = own.flatten(2)
        self._clip_tokens = clip.shape[2]
        before = [embedding.forward(source.latents.to(own.dtype)).flatten(2) for source in self._sources]
        return torch.cat([*before, clip], dim=2)

    def only_clip(self, _: Any, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (inputs[0][:, -self._clip_tokens :], *inputs[1:])


def _turned(rope: Any, source: Source, turn: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines of a source's angles, each pair of neighbours alike, as Wan lays them out."""
    cos, sin = rope.forward(source.latents)
    width = cos.shape[-1]
    frequencies = THETA ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    offset = (frequencies * (source.index * turn)).repeat_interleave(2)
    by_cos, by_sin = offset.cos().to(cos), offset.sin().to(sin)
    return cos * by_cos - sin * by_sin, sin * by_cos + cos * by_sin
