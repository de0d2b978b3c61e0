"""What torch raises, in our own words."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from omnireel.engines.diffusers.runtime import Runtime
from omnireel.errors import AttemptError, DeviceBroken, EngineFailed

DEVICE_WORDS = (
    "CUDA error",
    "cuDNN",
    "CUDNN_STATUS",
    "CUBLAS_STATUS",
    "device-side assert",
    "NCCL",
    "HIP error",
)
MEMORY_WORDS = ("out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")


@contextmanager
def faults(runtime: Runtime, doing: str) -> Iterator[None]:
    """Raises EngineFailed for what the model could not do, with the memory given back, and DeviceBroken when
    nothing more can be done on the device from this process. AttemptErrors pass.
    """
    try:
        yield
    except (RuntimeError, ValueError, MemoryError) as error:
        # The frames hold the tensors that filled the memory.
        traceback.clear_frames(error.__traceback__)
        gc.collect()
        _empty_cache(runtime)
        raise _told(error, runtime, doing) from error


def _told(error: Exception, runtime: Runtime, doing: str) -> AttemptError:
    said = str(error).strip().partition("\n")[0]
    if isinstance(error, MemoryError) or any(word in str(error) for word in MEMORY_WORDS):
        return EngineFailed(
            f"out of memory while {doing}: {said}. A smaller clip, or plan = 'offload', needs less"
        )
    broken = getattr(runtime.torch, "AcceleratorError", ())
    if isinstance(error, broken) or any(word in str(error) for word in DEVICE_WORDS):
        return DeviceBroken(f"{runtime.device} failed while {doing}: {said}")
    return EngineFailed(f"{doing} failed: {said}")


def _empty_cache(runtime: Runtime) -> None:
    try:
        runtime.empty_cache()
    except RuntimeError:
        # Also what a broken device answers; what it did to the work has been told.
        return
