"""Of `omnireel doctor`: whether the open models that the settings name could make a clip on this machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from omnireel.cli.finding import Finding, State, guarded

if TYPE_CHECKING:
    from omnireel.engines.diffusers.options import DiffusersOptions
    from omnireel.settings import EngineTable, Settings

KIND = "diffusers"
GIB = 2**30


def model_findings(settings: Settings) -> Iterator[Finding]:
    """For each engine with a model in our own process: licence, weights, packages, GPU and memory plan."""
    for name, table in settings.engines.items():
        if table.kind == KIND:
            yield from _guarded(name, table)


def _guarded(name: str, table: EngineTable) -> Iterator[Finding]:
    from omnireel.engines.diffusers.options import DiffusersOptions
    from omnireel.engines.spec import checked
    from omnireel.errors import CannotStart

    try:
        options = cast("DiffusersOptions", checked(DiffusersOptions, name, table.options))
    except CannotStart as error:
        yield Finding(name, State.BAD, str(error))
        return
    yield _licence(name, options)
    yield _weights(name, options)
    yield from guarded(name, lambda: _machine(name, options))


def _licence(name: str, options: DiffusersOptions) -> Finding:
    licence = options.model.licence
    accepted = ", accepted" if licence.accept else ""
    return Finding(name, State.OK, f"{options.model.title}, under the {licence.name}{accepted}")


def _weights(name: str, options: DiffusersOptions) -> Finding:
    from omnireel.engines.diffusers.weight_files import missing_bytes

    weights = options.model.weights
    missing = sum(missing_bytes(one, options.folder_of(one.repo)) for one in weights) / GIB
    if not missing:
        return Finding(name, State.OK, f"its weights are in {options.folder}")
    total = sum(one.download_gib for one in weights)
    detail = f"{max(0.1, missing):.1f} of {total:.1f} GiB of weights are missing: {_pull(options)}"
    return Finding(name, State.BAD, detail)


def _pull(options: DiffusersOptions) -> str:
    """The command that brings what is missing."""
    from omnireel.engines.diffusers.options import MODELS_FOLDER

    words = ["omnireel", "models", "pull", options.profile]
    if options.folder != MODELS_FOLDER:
        words += ["--folder", str(options.folder)]
    if options.model.licence.accept:
        words += ["--accept-licence"]
    return shlex.join(words)


def _machine(name: str, options: DiffusersOptions) -> Iterator[Finding]:
    """Raises EngineUnavailable when there is no such device, or too little of it."""
    from omnireel.engines.diffusers.runtime import NEEDED, device_name, memory_of

    missing = [package for package in NEEDED if find_spec(package) is None]
    if missing:
        detail = f"missing {', '.join(missing)}: pip install 'omnireel[diffusers]'"
        yield Finding(name, State.BAD, detail)
        return
    import torch

    device = device_name(torch, options.device)
    free, total = memory_of(torch, device)
    state, about = plan_found(options, device=device, free_gib=free, total_gib=total)
    where = f"torch {torch.__version__} on {_device(torch, device)}, {free:.1f} of {total:.1f} GiB free"
    yield Finding(name, state, f"{where}: {about}")


def plan_found(
    options: DiffusersOptions, *, device: str, free_gib: float, total_gib: float
) -> tuple[State, str]:
    """The memory plan it would get. Raises EngineUnavailable when the device is too small for any."""
    from omnireel.engines.diffusers.memory import plan_for
    from omnireel.errors import EngineUnavailable

    if device == "cpu":
        return State.NOTE, "no GPU that torch can use; a clip takes hours"
    model, asked = options.model, options.plan
    try:
        plan = plan_for(model, asked, device=device, free_gib=free_gib, total_gib=total_gib)
    except EngineUnavailable:
        # A server at work has the memory itself.
        plan = plan_for(model, asked, device=device, free_gib=total_gib, total_gib=total_gib)
        return State.NOTE, f"plan {plan}, once its {model.memory_gib[plan]:g} GiB are free"
    return State.OK, f"plan {plan}"


def _device(torch: Any, device: str) -> str:
    return f"{torch.cuda.get_device_name(device)} ({device})" if device.startswith("cuda") else device
