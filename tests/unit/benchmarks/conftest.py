"""Toys and the machine they run on."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """So small a model only loses by more, above all on a machine that has other things to do."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
