"""LTX-2: words and keyframes, with sound made together with the pictures.

HaCohen et al., "LTX-2: Efficient Joint Audio-Visual Foundation Model", 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from omnireel.engines.diffusers.call import Call, Conditioning, Generated
from omnireel.engines.diffusers.denoising import Watch, with_shift
from omnireel.engines.diffusers.memory import tile
from omnireel.engines.diffusers.performing import Opening, read_pipeline
from omnireel.engines.diffusers.pictures import frames_of, images
from omnireel.engines.diffusers.prompts import Prompts, Tensors
from omnireel.engines.link import Array
from omnireel.errors import EngineUnavailable

TOKENS = 1024
"""The length of text that LTX-2 was trained with."""
TEMPORAL = 8
"""Frames to one latent frame, after the first."""
BLOCK = "stg_block"
NUMBERS = {
    "audio_guidance_scale": "audio_guidance",
    "stg_scale": "stg",
    "modality_scale": "modality",
    "guidance_rescale": "rescale",
}
"""Arguments of the pipeline, by the names of the profile's own numbers."""
UNGUIDED: dict[str, Any] = {
    "guidance_scale": 1.0,
    "stg_scale": 0.0,
    "modality_scale": 1.0,
    "guidance_rescale": 0.0,
    "audio_guidance_scale": None,
    "audio_stg_scale": None,
    "audio_modality_scale": None,
    "audio_guidance_rescale": None,
    "spatio_temporal_guidance_blocks": None,
}
"""Left to itself, the pipeline guides as LTX-2.3 wants it. None follows the number for the pictures."""
WRITERS = ("prompt_enhancer", "processor", "duration_head")
"""Parts of LTX-2.5 that rewrite a prompt and guess a length: both come with the call."""


class Ltx2:
    """LTX-2 and its successors."""

    def __init__(self, pipeline: Any, opening: Opening) -> None:
        self.pipeline = pipeline
        self._runtime = opening.runtime
        self._scheduler = pipeline.scheduler
        self._numbers = opening.profile.numbers
        self._prompts = Prompts(self._read)

    def perform(self, call: Call, arrays: Mapping[str, Array], watch: Watch) -> Generated:
        watch.begin()
        words = self._words(call)
        tile(self.pipeline.vae, pixels=call.width * call.height, room_gib=self._runtime.room_gib)
        made = self.pipeline(
            **words,
            **self._schedule(call),
            **self._guidance(call),
            conditions=self._conditions(call, arrays),
            height=call.height,
            width=call.width,
            num_frames=call.frames,
            frame_rate=float(call.fps),
            generator=self._runtime.generator(call.seed),
            output_type="np",
            callback_on_step_end=watch,
            max_sequence_length=TOKENS,
        )
        rate = int(self.pipeline.vocoder.config.output_sampling_rate)
        return Generated(frames_of(made.frames[0]), stereo(made.audio), rate)

    def _words(self, call: Call) -> dict[str, Any]:
        device = self._runtime.device
        names = ("prompt_embeds", "prompt_attention_mask")
        words = {name: one.to(device) for name, one in zip(names, self._prompts(call.prompt), strict=True)}
        if call.guidance > 1:
            read = zip(names, self._prompts(call.negative_prompt), strict=True)
            words |= {f"negative_{name}": one.to(device) for name, one in read}
        return words

    def _read(self, prompt: str) -> Tensors:
        with self._runtime.torch.no_grad():
            embeddings, mask, _, _ = self.pipeline.encode_prompt(
                prompt, do_classifier_free_guidance=False, max_sequence_length=TOKENS
            )
        return embeddings, mask

    def _schedule(self, call: Call) -> dict[str, Any]:
        """Distilled weights were taught one schedule of noise, and want it to the letter."""
        from diffusers.pipelines.ltx2.utils import DISTILLED_SIGMA_VALUES

        self.pipeline.scheduler = with_shift(self._scheduler, call.shift)
        if call.guidance > 1 or call.steps != len(DISTILLED_SIGMA_VALUES):
            return {"num_inference_steps": call.steps}
        config = self._scheduler.config
        self.pipeline.scheduler = type(self._scheduler).from_config(
            config, use_dynamic_shifting=False, shift_terminal=None
        )
        return {"num_inference_steps": call.steps, "sigmas": list(DISTILLED_SIGMA_VALUES)}

    def _guidance(self, call: Call) -> dict[str, Any]:
        """Weights that were distilled for few steps know no guidance of any kind."""
        if call.guidance <= 1:
            return UNGUIDED
        given: dict[str, Any] = {
            name: self._numbers[key] for name, key in NUMBERS.items() if key in self._numbers
        }
        if BLOCK in self._numbers:
            given["spatio_temporal_guidance_blocks"] = [int(self._numbers[BLOCK])]
        return {**UNGUIDED, "guidance_scale": call.guidance, **given}

    def _conditions(self, call: Call, arrays: Mapping[str, Array]) -> list[Any] | None:
        """The opening from the first latent frame on, and the closing picture where the last one begins.

        That is seven frames before the end; diffusers puts none nearer.
        """
        if call.conditioning is Conditioning.TEXT:
            return None
        from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

        found = []
        if "opening" in arrays:
            found.append(LTX2VideoCondition(frames=images(whole(arrays["opening"])), index=0))
        if "closing" in arrays:
            found.append(LTX2VideoCondition(frames=images(arrays["closing"][-1:]), index=-1))
        return found


def open_ltx2(opening: Opening) -> Ltx2:
    """Raises EngineUnavailable."""
    unknown = set(opening.profile.numbers) - {BLOCK, *NUMBERS.values()}
    if unknown:
        raise EngineUnavailable(
            f"numbers of {opening.profile.title}: nobody knows {', '.join(sorted(unknown))}"
        )
    kind = opening.runtime.diffusers.LTX2ConditionPipeline
    names = ("LTX2Pipeline", "LTX2ConditionPipeline", "LTX2ImageToVideoPipeline")
    return Ltx2(read_pipeline(opening, dict.fromkeys(names, kind), without=WRITERS), opening)


def whole(frames: Array) -> Array:
    """As many of the first frames as fill latent frames: 1, 9, 17."""
    return frames[: (len(frames) - 1) // TEMPORAL * TEMPORAL + 1]


def stereo(audio: Any) -> Array:
    """Sound of one clip, (1, channels, samples), as (2, samples) float32 within -1 to 1."""
    sound = np.asarray(audio[0].float().cpu().numpy(), dtype=np.float32)
    sound = np.nan_to_num(np.atleast_2d(sound)[:2])
    return np.clip(np.repeat(sound, 2, axis=0) if len(sound) == 1 else sound, -1.0, 1.0)
