"""What the model is asked to look at in each step, and how its answers become one.

A step is a chain of looks, each of which sees more than the one before: nothing, the video, the pictures, the
prompt. What a look changes is made stronger by a scale of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import torch

from omnireel.engines.diffusers.call import Conditioning


@dataclass(frozen=True)
class Look:
    """One forward: what of the sources is seen, and whether the prompt or the negative prompt is read."""

    video: bool = False
    images: bool = False
    prompt: bool = False


CHAINS: Final = MappingProxyType(
    {
        Conditioning.TEXT: (Look(), Look(prompt=True)),
        Conditioning.EDIT: (Look(video=True), Look(video=True, prompt=True)),
        Conditioning.REFERENCES: (Look(), Look(images=True), Look(images=True, prompt=True)),
        Conditioning.EDIT_WITH_REFERENCES: (
            Look(),
            Look(video=True),
            Look(video=True, images=True),
            Look(video=True, images=True, prompt=True),
        ),
    }
)
"""Each step's forwards, in their order."""


@dataclass(frozen=True)
class Scales:
    """How much stronger is made what each kind of sight changes; 1 leaves it as it is."""

    video: float
    image: float
    text: float

    def between(self, before: Look, after: Look) -> float:
        """The scale of what `after` sees and `before` does not."""
        if after.video != before.video:
            return self.video
        return self.image if after.images != before.images else self.text


@dataclass(frozen=True)
class Projection:
    """Adaptive projected guidance, without its momentum: Sadat, Hilliges and Weber, "Eliminating
    Oversaturation and Artifacts of High Guidance Scales in Diffusion Models", 2024.

    Of a difference between two predictions of the clean clip, the part along the prediction, which saturates,
    is scaled by `eta`; before that its norm is brought down to `bound`, if that is above 0. Both go by latent
    frames.
    """

    eta: float
    bound: float

    def of(self, difference: torch.Tensor, along: torch.Tensor) -> torch.Tensor:
        """Both (1, channels, frames, height, width), and the result."""
        if self.bound > 0:
            length = _per_frame(difference).clamp_min(torch.finfo(difference.dtype).tiny)
            difference = difference * (self.bound / length).clamp(max=1.0)
        direction = along / _per_frame(along).clamp_min(1e-12)
        parallel = (difference * direction).sum(dim=_FRAME, keepdim=True) * direction
        return difference - parallel + self.eta * parallel


_FRAME: Final = (1, 3, 4)
"""The axes of one latent frame: channels, rows, columns."""


def _per_frame(latents: torch.Tensor) -> torch.Tensor:
    return torch.linalg.vector_norm(latents, dim=_FRAME, keepdim=True)


def guided(
    looks: Sequence[Look],
    velocities: Sequence[torch.Tensor],
    scales: Scales,
    noisy: torch.Tensor,
    sigma: torch.Tensor,
    projection: Projection | None = None,
) -> torch.Tensor:
    """The velocity to go on with, from one for each look. `noisy` is the clip at noise level `sigma`, 0 to 1.

    With a projection the chain is laid over the clean clips that the velocities point to, `noisy` less
    `sigma` times the velocity, in double precision where the device has it.
    """
    if projection is None or len(looks) == 1:
        return _summed(looks, velocities, scales, None)
    exact = torch.float32 if noisy.device.type == "mps" else torch.float64
    start, level = noisy.to(exact), sigma.to(noisy.device, exact)
    clean = _summed(looks, [start - level * one.to(exact) for one in velocities], scales, projection)
    return ((start - clean) / level).to(noisy.dtype)


def _summed(
    looks: Sequence[Look], answers: Sequence[torch.Tensor], scales: Scales, projection: Projection | None
) -> torch.Tensor:
    total = answers[0]
    for (before, after), (less, more) in zip(pairwise(looks), pairwise(answers), strict=True):
        change = more - less if projection is None else projection.of(more - less, more)
        total = total + scales.between(before, after) * change
    return total
