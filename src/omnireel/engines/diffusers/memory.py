"""Which memory plan a model gets, and putting its parts where the plan says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omnireel.engines.diffusers.profile import Plan, Profile
from omnireel.engines.diffusers.runtime import GIB, Runtime
from omnireel.errors import EngineUnavailable

TRANSFORMERS = ("transformer", "transformer_2")


def plan_for(profile: Profile, asked: Plan | None, *, device: str, free_gib: float, total_gib: float) -> Plan:
    """The plan that is asked for, or the first in the order of `Plan` that the device has room for.

    Raises EngineUnavailable when the GPU is too small for it. A computer without a GPU has nothing to move
    weights to and from: there they are resident, unless they are asked for in eight bits.
    """
    if not device.startswith("cuda"):
        return Plan.LAYERWISE_FP8 if asked is Plan.LAYERWISE_FP8 else Plan.RESIDENT
    plans = [plan for plan in Plan if plan in profile.memory_gib and asked in (None, plan)]
    fitting = [plan for plan in plans if profile.memory_gib[plan] <= free_gib]
    if not plans:
        raise EngineUnavailable(f"{profile.title} has no memory plan {asked}")
    if not fitting:
        least = min(plans, key=lambda plan: profile.memory_gib[plan])
        raise EngineUnavailable(
            f"{profile.title} needs {profile.memory_gib[least]:g} GiB on the GPU (plan {least}),"
            f" and {device} has {free_gib:.1f} GiB free of {total_gib:.1f}"
        )
    return fitting[0]


def check_host(profile: Profile, folder: Path, free_gib: float) -> None:
    """Without a GPU the weights stay in the computer's own memory, in no narrower a type than in the files.

    Raises EngineUnavailable when there is less, rather than have the system end whatever runs beside us.
    """
    needs = sum(file.stat().st_size for file in folder.rglob("*.safetensors")) / GIB
    if needs > free_gib:
        raise EngineUnavailable(
            f"{profile.title} has {needs:.1f} GiB of weights, and this computer, which has no GPU that torch"
            f" can use, has {free_gib:.1f} GiB of memory free"
        )


def place(pipeline: Any, runtime: Runtime) -> None:
    """Put a pipeline's parts where the plan wants them."""
    if runtime.plan is Plan.LAYERWISE_FP8:
        for transformer in transformers_of(pipeline):
            transformer.enable_layerwise_casting(
                storage_dtype=runtime.torch.float8_e4m3fn, compute_dtype=runtime.dtype
            )
    if runtime.plan is Plan.OFFLOAD:
        pipeline.enable_model_cpu_offload(device=runtime.device)
    else:
        pipeline.to(runtime.device)


def compile_blocks(pipeline: Any) -> None:
    """Have each kind of block compiled when it is first called. Blocks of a kind share what comes of it."""
    for transformer in transformers_of(pipeline):
        transformer.compile_repeated_blocks()


def transformers_of(pipeline: Any) -> list[Any]:
    """The networks that denoise, one or two."""
    parts = (getattr(pipeline, name, None) for name in TRANSFORMERS)
    return [part for part in parts if part is not None]


def tile(vae: Any, *, pixels: int, room_gib: float) -> None:
    """Decode in pieces what may not fit in one. They overlap and are blended: slower, and other last bits."""
    if pixels * BYTES_A_PIXEL > room_gib * GIB:
        vae.enable_tiling()
    else:
        vae.disable_tiling()


BYTES_A_PIXEL = 40_000
"""What decoding is granted for each pixel of a frame: 15 GiB at 832 x 480. A cautious guess, not measured."""
