"""What a model runs on: the libraries, the device and the memory it has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import psutil

from omnireel.engines.diffusers.profile import Plan
from omnireel.errors import EngineUnavailable

GIB = 1024**3
NEEDED = ("torch", "diffusers", "transformers", "accelerate", "safetensors", "ftfy")


@dataclass(frozen=True)
class Runtime:
    """Where a model's weights are and how they are computed with."""

    torch: Any
    diffusers: Any
    device: str
    """As torch calls it: cpu, mps, cuda:0."""
    plan: Plan
    total_gib: float
    """Memory of the device, used or not."""

    @property
    def on_gpu(self) -> bool:
        return self.device.startswith("cuda")

    @property
    def dtype(self) -> Any:
        """Eight bits of exponent keep the range of the weights; a CPU computes quicker in the wide type."""
        return self.torch.float32 if self.device == "cpu" else self.torch.bfloat16

    @property
    def room_gib(self) -> float:
        """What the weights leave of the device's memory, between calls."""
        used = self.torch.cuda.memory_allocated(self.device) / GIB if self.on_gpu else 0.0
        return self.total_gib - float(used)

    def generator(self, seed: int) -> Any:
        """Noise drawn on the CPU is the same whatever the GPU is."""
        return self.torch.Generator("cpu").manual_seed(seed)

    def empty_cache(self) -> None:
        """Give memory back that nothing uses any more."""
        if self.on_gpu:
            self.torch.cuda.empty_cache()


def libraries() -> tuple[Any, Any]:
    """torch and diffusers, told to stay off the network. Raises EngineUnavailable when one is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise EngineUnavailable(
            f"models in our own process need {', '.join(missing)}: pip install 'omnireel[diffusers]'"
            " (torch has builds for each kind of GPU, see https://pytorch.org/get-started)"
        )
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", DIFFUSERS_OFFLINE="1")
    import diffusers
    import torch

    return torch, diffusers


def device_name(torch: Any, asked: str) -> str:
    """The device that is asked for. Raises EngineUnavailable when there is no such device."""
    if asked == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if asked.startswith("cuda"):
        index = int(asked.partition(":")[2] or 0)
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if index >= count:
            raise EngineUnavailable(f"device = {asked!r}: torch {torch.__version__} sees {count} GPUs here")
        return f"cuda:{index}"
    if asked == "mps" and not torch.backends.mps.is_available():
        raise EngineUnavailable(f"device = 'mps': torch {torch.__version__} cannot use it here")
    return asked


def memory_of(torch: Any, device: str) -> tuple[float, float]:
    """Free and total memory of the device, GiB."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
        free, total = torch.cuda.mem_get_info(device)
        return free / GIB, total / GIB
    memory = psutil.virtual_memory()
    return memory.available / GIB, memory.total / GIB


@contextmanager
def quiet(diffusers: Any) -> Iterator[None]:
    """Bars and advice of the libraries are for people at a terminal."""
    import transformers

    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    before = diffusers.utils.logging.get_verbosity()
    diffusers.utils.logging.set_verbosity_error()
    try:
        yield
    finally:
        diffusers.utils.logging.set_verbosity(before)
