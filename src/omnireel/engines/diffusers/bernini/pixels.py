"""Frames to latents and back, by Wan's own autoencoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from omnireel.engines.link import Array
from omnireel.errors import EngineFailed


def fitted(picture: Array, longest: int, multiple: int) -> Array:
    """A picture of a subject, RGB uint8 (height, width, 3), no longer than `longest` pixels; its sides become
    multiples of `multiple`, so its shape may change a little. It is never enlarged beyond that."""
    height, width = picture.shape[:2]
    scale = min(longest / max(height, width), 1.0)
    size = tuple(max(multiple, round(side * scale / multiple) * multiple) for side in (width, height))
    return np.asarray(Image.fromarray(picture).resize((size[0], size[1]), Image.Resampling.BICUBIC))


def encoded(vae: Any, frames: Array, device: torch.device) -> torch.Tensor:
    """RGB uint8 (frames, height, width, 3) as float32 latents (1, channels, frames, height, width), which
    have mean 0 and variance 1 over what Wan was trained with."""
    pixels = torch.tensor(frames).to(device).permute(3, 0, 1, 2)[None]
    posterior = vae.encode(pixels.to(vae.dtype).div_(127.5).sub_(1.0)).latent_dist
    mean, spread = _statistics(vae, device)
    return (posterior.mode().float() - mean) / spread


def decoded(vae: Any, latents: torch.Tensor) -> Array:
    """The other way. Raises EngineFailed when they are no picture."""
    mean, spread = _statistics(vae, latents.device)
    video = vae.decode((latents * spread + mean).to(vae.dtype), return_dict=False)[0][0]
    if not bool(torch.isfinite(video).all()):
        raise EngineFailed("the model made no picture: some of its pixels are not numbers")
    pixels = video.div_(2.0).add_(0.5).clamp_(0.0, 1.0).mul_(255.0).round_().to(torch.uint8)
    return np.ascontiguousarray(pixels.permute(1, 2, 3, 0).cpu().numpy())


def _statistics(vae: Any, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    mean, spread = (
        torch.tensor(numbers, dtype=torch.float32, device=device).view(1, -1, 1, 1, 1)
        for numbers in (vae.config.latents_mean, vae.config.latents_std)
    )
    return mean, spread
