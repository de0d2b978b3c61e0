"""Wan 2.1 and 2.2: words, and a first and last frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnireel.engines.diffusers.call import Call, Conditioning, Generated
from omnireel.engines.diffusers.denoising import Watch, with_shift
from omnireel.engines.diffusers.memory import tile
from omnireel.engines.diffusers.performing import Opening, read_pipeline
from omnireel.engines.diffusers.pictures import frames_of, images
from omnireel.engines.diffusers.runtime import Runtime
from omnireel.engines.diffusers.wan_text import WanPrompts
from omnireel.engines.link import Array
from omnireel.errors import EngineFailed

PARTS = ("tokenizer", "text_encoder", "vae", "scheduler", "transformer", "transformer_2")
"""What a pipeline for words and one for pictures share."""


class Wan:
    """A model for words, for a first and last frame, or, as the small one of Wan 2.2, for both."""

    def __init__(self, pipeline: Any, runtime: Runtime) -> None:
        self.pipeline = pipeline
        self._runtime = runtime
        self._scheduler = pipeline.scheduler
        self._prompts = WanPrompts(pipeline, runtime)

    def perform(self, call: Call, arrays: Mapping[str, Array], watch: Watch) -> Generated:
        pictures = self._pictures(call, arrays)
        watch.begin()
        words = self._prompts(call)
        pipeline = self._pipeline_for(call.conditioning)
        pipeline.scheduler = with_shift(self._scheduler, call.shift)
        tile(pipeline.vae, pixels=call.width * call.height, room_gib=self._runtime.room_gib)
        made = pipeline(
            **words,
            **pictures,
            **self._guidance(call),
            height=call.height,
            width=call.width,
            num_frames=call.frames,
            num_inference_steps=call.steps,
            generator=self._runtime.generator(call.seed),
            output_type="np",
            callback_on_step_end=watch,
        )
        return Generated(frames_of(made.frames[0]))

    def _guidance(self, call: Call) -> dict[str, float]:
        """The expert of low noise has its own, where there are two."""
        if self.pipeline.config.boundary_ratio is None or call.guidance_low is None:
            return {"guidance_scale": call.guidance}
        return {"guidance_scale": call.guidance, "guidance_scale_2": call.guidance_low}

    def _pictures(self, call: Call, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """The frame that the clip begins with, the last one of an opening, and the one it ends with."""
        if call.conditioning is Conditioning.TEXT:
            return {}
        if "opening" not in arrays:
            raise EngineFailed("this model needs a first frame to go by")
        pictures = {"image": images(arrays["opening"][-1:])[0]}
        if "closing" in arrays:
            if self.pipeline.config.expand_timesteps:
                raise EngineFailed("this model cannot be told the last frame")
            pictures["last_image"] = images(arrays["closing"][-1:])[0]
        return pictures

    def _pipeline_for(self, conditioning: Conditioning) -> Any:
        """The pipeline of diffusers for this work, over the same parts."""
        diffusers = self._runtime.diffusers
        text = conditioning is Conditioning.TEXT
        kind = diffusers.WanPipeline if text else diffusers.WanImageToVideoPipeline
        if isinstance(self.pipeline, kind):
            return self.pipeline
        other = kind(
            **{name: part for name, part in self.pipeline.components.items() if name in PARTS},
            boundary_ratio=self.pipeline.config.boundary_ratio,
            expand_timesteps=self.pipeline.config.expand_timesteps,
        )
        other.set_progress_bar_config(disable=True)
        return other


def open_wan(opening: Opening) -> Wan:
    """Raises EngineUnavailable."""
    diffusers = opening.runtime.diffusers
    classes = {name: getattr(diffusers, name) for name in ("WanPipeline", "WanImageToVideoPipeline")}
    return Wan(read_pipeline(opening, classes, wide=("vae",)), opening.runtime)
