"""Frames to latents and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.torch_or_skip import torch

from omnireel.engines.diffusers.bernini.pixels import decoded, encoded, fitted

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("size", "becomes"),
    [((480, 848), (480, 848)), ((1000, 3000), (288, 848)), ((64, 90), (64, 96)), ((2000, 10), (848, 16))],
)
def test_pictures_are_made_smaller_and_fit_the_patches(
    size: tuple[int, int], becomes: tuple[int, int]
) -> None:
    picture = np.full((*size, 3), 77, dtype=np.uint8)
    made = fitted(picture, 848, 16)
    assert made.shape == (*becomes, 3)
    assert (made == 77).all()


def test_latents_and_frames_have_the_shapes_of_one_another(pipeline: Any) -> None:
    frames = np.random.default_rng(1).integers(0, 256, (9, 64, 96, 3), dtype=np.uint8)
    with torch.no_grad():
        latents = encoded(pipeline.vae, frames, CPU)
        back = decoded(pipeline.vae, latents)
    assert latents.shape == (1, 16, 3, 8, 12)
    assert latents.dtype == torch.float32
    assert back.shape == frames.shape
    assert back.dtype == np.uint8


def test_latents_are_spread_as_the_transformer_knows_them(pipeline: Any) -> None:
    frames = np.full((1, 64, 96, 3), 200, dtype=np.uint8)
    with torch.no_grad():
        plain = pipeline.vae.encode(torch.full((1, 3, 1, 64, 96), 200 / 127.5 - 1)).latent_dist.mode()
        got = encoded(pipeline.vae, frames, CPU)
    mean, spread = pipeline.vae.config.latents_mean[3], pipeline.vae.config.latents_std[3]
    torch.testing.assert_close(got[0, 3], (plain[0, 3] - mean) / spread)
