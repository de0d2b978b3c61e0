"""Tiny models, made once for all tests of the process."""

from __future__ import annotations

from pathlib import Path

import pytest

NEEDS_TORCH = "models in our own process need torch and diffusers: pip install 'omnireel[diffusers]'"


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that models are pulled into, with every tiny one in it, and their profiles."""
    for library in ("torch", "diffusers", "transformers", "accelerate", "ftfy"):
        pytest.importorskip(library, reason=NEEDS_TORCH)
    from omnireel.testing.tiny_models import TinyModel, make_tiny, write_tiny_profile

    folder = tmp_path_factory.mktemp("models")
    for model in TinyModel:
        make_tiny(model, folder)
        write_tiny_profile(model, folder)
    return folder
