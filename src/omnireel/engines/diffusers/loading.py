"""From a profile to weights in memory that can be called."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import Path

from omnireel.engines.diffusers import attention, memory
from omnireel.engines.diffusers.bernini.opening import open_bernini
from omnireel.engines.diffusers.call import Call, Conditioning, Generated, LoadedModel, Step
from omnireel.engines.diffusers.denoising import Watch
from omnireel.engines.diffusers.faults import faults
from omnireel.engines.diffusers.guards import check_call
from omnireel.engines.diffusers.lora import Overlay
from omnireel.engines.diffusers.ltx2 import open_ltx2
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.performing import Open, Opening, Performer
from omnireel.engines.diffusers.profile import Family, Profile, Weights
from omnireel.engines.diffusers.runtime import Runtime, device_name, libraries, memory_of, quiet
from omnireel.engines.diffusers.vace import open_vace
from omnireel.engines.diffusers.wan import open_wan
from omnireel.engines.link import Array
from omnireel.errors import EngineFailed, EngineUnavailable

FAMILIES: Mapping[Family, Open] = {
    Family.WAN: open_wan,
    Family.WAN_VACE: open_vace,
    Family.BERNINI: open_bernini,
    Family.LTX2: open_ltx2,
}


def load(
    profile: Profile, conditioning: Conditioning, options: DiffusersOptions, *, threads: int
) -> LoadedModel:
    """The model that does this work, in memory, and whatever else its repository does.

    `threads` is how many the CPU's part may take. Raises EngineUnavailable, saying what to install, to
    download or to give it, and EngineFailed or DeviceBroken when the weights do not find their place.
    """
    weights = profile.weights_for(conditioning)
    if weights is None:
        raise EngineUnavailable(f"{profile.title} cannot do {conditioning}")
    folder = folder_of(profile, weights, options)
    torch, _ = libraries()
    torch.set_num_threads(threads)
    return _open(profile, folder, options)


def folder_of(profile: Profile, weights: Weights, options: DiffusersOptions) -> Path:
    """Where the repository lies. Raises EngineUnavailable, saying how it gets there, when it does not."""
    folder = options.folder_of(weights.repo)
    if not (folder / "model_index.json").is_file():
        raise EngineUnavailable(
            f"the weights of {profile.title} are not in {folder}: omnireel models pull {options.profile}"
            f" downloads {weights.download_gib:g} GiB"
        )
    return folder


def _open(profile: Profile, folder: Path, options: DiffusersOptions) -> _Model:
    torch, diffusers = libraries()
    device = device_name(torch, options.device)
    if device.startswith("cuda"):
        torch.cuda.set_device(device)
    free, total = memory_of(torch, device)
    plan = memory.plan_for(profile, options.plan, device=device, free_gib=free, total_gib=total)
    if not device.startswith("cuda"):
        memory.check_host(profile, folder, free)
    runtime = Runtime(torch, diffusers, device, plan, total)
    with faults(runtime, f"loading {profile.title}"), quiet(diffusers):
        performer = FAMILIES[profile.family](Opening(folder, profile, runtime))
        memory.place(performer.pipeline, runtime)
        if options.compile:
            memory.compile_blocks(performer.pipeline)
        return _Model(profile, performer, runtime, options)


class _Model:
    """Weights in memory."""

    def __init__(
        self, profile: Profile, performer: Performer, runtime: Runtime, options: DiffusersOptions
    ) -> None:
        self._profile = profile
        self._performer: Performer | None = performer
        self._runtime = runtime
        allowed = frozenset(str(one.path) for one in (options.std, options.pro) if one is not None)
        self._overlay = Overlay(performer.pipeline, allowed)
        self._attention = attention.measured(performer.pipeline, runtime)

    def generate(self, call: Call, arrays: Mapping[str, Array], step: Step) -> Generated:
        if self._performer is None:
            raise EngineFailed(f"{self._profile.title} was closed")
        check_call(self._profile, call, arrays)
        with (
            faults(self._runtime, f"making a clip with {self._profile.title}"),
            quiet(self._runtime.diffusers),
        ):
            self._overlay.use(call.lora)
            try:
                with self._attention():
                    return self._performer.perform(call, arrays, Watch(step, call.steps))
            finally:
                # A pipeline that was left midway leaves the part that was at work on the GPU.
                self._performer.pipeline.maybe_free_model_hooks()

    def close(self) -> None:
        """Give the memory back."""
        self._performer = None
        self._overlay.close()
        # Modules and their hooks hold each other.
        gc.collect()
        self._runtime.empty_cache()
