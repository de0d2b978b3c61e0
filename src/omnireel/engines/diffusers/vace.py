"""Wan 2.1 VACE: words, keyframes, references and edits through one model.

A control video says which pixels are given (mask black) and which are to be made (white). Jiang et al.,
"VACE: All-in-One Video Creation and Editing", 2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from omnireel.engines.diffusers.call import Call, Conditioning, Generated
from omnireel.engines.diffusers.denoising import Watch, with_shift
from omnireel.engines.diffusers.guards import EDITS, check_references
from omnireel.engines.diffusers.memory import tile
from omnireel.engines.diffusers.performing import Opening, read_pipeline
from omnireel.engines.diffusers.pictures import frames_of, images
from omnireel.engines.diffusers.runtime import Runtime
from omnireel.engines.diffusers.wan_text import WanPrompts
from omnireel.engines.link import Array

GREY = 127
"""What stands in the control video where nothing is given."""


class Vace:
    """VACE of either size."""

    def __init__(self, pipeline: Any, runtime: Runtime) -> None:
        self.pipeline = pipeline
        self._runtime = runtime
        self._scheduler = pipeline.scheduler
        self._prompts = WanPrompts(pipeline, runtime)

    def perform(self, call: Call, arrays: Mapping[str, Array], watch: Watch) -> Generated:
        check_references(call, (call.frames - 1) // self.pipeline.vae_scale_factor_temporal + 1)
        watch.begin()
        words = self._prompts(call)
        self.pipeline.scheduler = with_shift(self._scheduler, call.shift)
        tile(self.pipeline.vae, pixels=call.width * call.height, room_gib=self._runtime.room_gib)
        made = self.pipeline(
            **words,
            **control(call, arrays),
            height=call.height,
            width=call.width,
            num_frames=call.frames,
            num_inference_steps=call.steps,
            guidance_scale=call.guidance,
            generator=self._runtime.generator(call.seed),
            output_type="np",
            callback_on_step_end=watch,
        )
        return Generated(frames_of(made.frames[0]))


def open_vace(opening: Opening) -> Vace:
    """Raises EngineUnavailable."""
    classes = {"WanVACEPipeline": opening.runtime.diffusers.WanVACEPipeline}
    return Vace(read_pipeline(opening, classes, wide=("vae",)), opening.runtime)


def control(call: Call, arrays: Mapping[str, Array]) -> dict[str, Any]:
    """What the pipeline is given beside the words: `video` and `mask`, `reference_images`."""
    given: dict[str, Any] = {}
    if call.references:
        names = (f"reference_{at}" for at in range(1, call.references + 1))
        given["reference_images"] = [Image.fromarray(np.ascontiguousarray(arrays[name])) for name in names]
    if call.conditioning in EDITS:
        # All of the source is to be made anew; it is followed through what the model sees of it.
        return given | _masked(arrays["source"], np.ones(call.frames, dtype=np.bool_))
    if call.conditioning is Conditioning.KEYFRAMES:
        return given | _masked(*_between(call, arrays))
    return given


def _between(call: Call, arrays: Mapping[str, Array]) -> tuple[Array, Array]:
    """The given frames in their places, and which of all frames are to be made."""
    video = np.full((call.frames, call.height, call.width, 3), GREY, np.uint8)
    made = np.ones(call.frames, dtype=np.bool_)
    if "opening" in arrays:
        count = len(arrays["opening"])
        video[:count], made[:count] = arrays["opening"], False
    if "closing" in arrays:
        count = len(arrays["closing"])
        video[-count:], made[-count:] = arrays["closing"], False
    return video, made


def _masked(video: Array, made: Array) -> dict[str, Any]:
    size = (video.shape[2], video.shape[1])
    black, white = Image.new("L", size, 0), Image.new("L", size, 255)
    return {"video": images(video), "mask": [white if one else black for one in made]}
