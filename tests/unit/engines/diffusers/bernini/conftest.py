"""A Bernini of random weights, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from omnireel.engines.diffusers.profile import Profile, profile
from omnireel.testing.tiny_models import TinyModel, make_tiny, write_tiny_profile


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """So small a model only loses by more, above all on a machine that has other things to do."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its repository, in the layout of the real one."""
    return make_tiny(TinyModel.BERNINI, tmp_path_factory.mktemp("models"))


@pytest.fixture
def pipeline(folder: Path) -> Any:
    from diffusers import WanPipeline

    return WanPipeline.from_pretrained(folder)


@pytest.fixture(scope="session")
def tiny_profile_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_profile(TinyModel.BERNINI, tmp_path_factory.mktemp("profiles"))


@pytest.fixture(scope="session")
def tiny_profile(tiny_profile_path: Path) -> Profile:
    return profile(str(tiny_profile_path))


@pytest.fixture
def calls() -> Iterator[Callable[[Any], list[dict[str, Any]]]]:
    """Begins a list of what a module is called with from then on."""
    handles = []

    def of(module: Any) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        hook = module.register_forward_pre_hook(lambda _, __, named: seen.append(named), with_kwargs=True)
        handles.append(hook)
        return seen

    yield of
    for handle in handles:
        handle.remove()
