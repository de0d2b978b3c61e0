"""Bernini-R at work: what it sees, and the loop that makes a clip of noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from omnireel.engines.diffusers.bernini.guidance import CHAINS, Look, Projection, Scales, guided
from omnireel.engines.diffusers.bernini.numbers import Numbers
from omnireel.engines.diffusers.bernini.pixels import decoded, encoded, fitted
from omnireel.engines.diffusers.bernini.streams import Source, velocity
from omnireel.engines.diffusers.bernini.wording import worded
from omnireel.engines.diffusers.call import Call, Conditioning, Generated
from omnireel.engines.diffusers.denoising import Watch
from omnireel.engines.diffusers.memory import tile
from omnireel.engines.diffusers.profile import Profile
from omnireel.engines.diffusers.prompts import Prompts, Tensors
from omnireel.engines.diffusers.runtime import Runtime
from omnireel.engines.link import Array
from omnireel.errors import EngineFailed


@dataclass(frozen=True)
class Seen:
    """Latents of the sources, and the two texts."""

    videos: tuple[torch.Tensor, ...]
    images: tuple[torch.Tensor, ...]
    prompt: torch.Tensor
    negative: torch.Tensor

    def sources(self, look: Look) -> tuple[Source, ...]:
        """Videos first; the first source of a look is always number 1."""
        latents = (self.videos if look.video else ()) + (self.images if look.images else ())
        return tuple(Source(one, index) for index, one in enumerate(latents, start=1))


class Bernini:
    """Of either size, over the parts of a WanPipeline, wherever its memory plan keeps them."""

    def __init__(self, pipeline: Any, profile: Profile, numbers: Numbers, runtime: Runtime) -> None:
        self.pipeline = pipeline
        self._multiple = profile.side_multiple
        self._numbers = numbers
        self._runtime = runtime
        self._device = torch.device(runtime.device)
        self._prompts = Prompts(self._read)

    def perform(self, call: Call, arrays: Mapping[str, Array], watch: Watch) -> Generated:
        """Every step is a chain of forwards, one at a time, so the memory is that of its longest sequence."""
        if call.conditioning not in CHAINS:
            raise EngineFailed(f"this model was not taught {call.conditioning}")
        watch.begin()
        with torch.no_grad():
            tile(self.pipeline.vae, pixels=call.width * call.height, room_gib=self._runtime.room_gib)
            latents = self._denoised(call, self._seen(call, arrays), watch)
            return Generated(decoded(self.pipeline.vae, latents))

    def _seen(self, call: Call, arrays: Mapping[str, Array]) -> Seen:
        pictures = [
            fitted(arrays[f"reference_{number}"], int(self._numbers.reference_side), self._multiple)[None]
            for number in range(1, call.references + 1)
        ]
        videos = [arrays["source"]] if "source" in arrays else []
        return Seen(
            videos=tuple(map(self._encoded, videos)),
            images=tuple(map(self._encoded, pictures)),
            prompt=self._text(worded(call.conditioning, call.prompt)),
            negative=self._text(call.negative_prompt),
        )

    def _encoded(self, frames: Array) -> torch.Tensor:
        return encoded(self.pipeline.vae, frames, self._device)

    def _text(self, text: str) -> torch.Tensor:
        """(1, tokens, width), zero behind the text's end."""
        return self._prompts(text)[0].to(self._device, self._runtime.dtype)

    def _read(self, text: str) -> Tensors:
        embeddings, _ = self.pipeline.encode_prompt(
            text, do_classifier_free_guidance=False, max_sequence_length=int(self._numbers.text_tokens)
        )
        return (embeddings,)

    def _denoised(self, call: Call, seen: Seen, watch: Watch) -> torch.Tensor:
        schedule = self._schedule(call)
        noisy = self._noise(call)
        for index, timestep in enumerate(schedule.timesteps):
            predicted = self._predicted(call, seen, noisy, timestep, schedule.sigmas[index])
            noisy = schedule.step(predicted, timestep, noisy, return_dict=False)[0]
            watch.done(index)
        return noisy

    def _predicted(
        self, call: Call, seen: Seen, noisy: torch.Tensor, timestep: torch.Tensor, sigma: torch.Tensor
    ) -> torch.Tensor:
        expert, scales = self._at(call, float(timestep))
        looks = CHAINS[call.conditioning] if scales.text > 1.0 else CHAINS[call.conditioning][-1:]
        answers = list(self._answers(expert, looks, seen, noisy, timestep))
        return guided(looks, answers, scales, noisy, sigma, self._projection(call.conditioning))

    def _answers(
        self, expert: Any, looks: tuple[Look, ...], seen: Seen, noisy: torch.Tensor, timestep: torch.Tensor
    ) -> Iterator[torch.Tensor]:
        for look in looks:
            yield velocity(
                expert,
                noisy.to(self._runtime.dtype),
                timestep.expand(1),
                seen.prompt if look.prompt else seen.negative,
                seen.sources(look),
                self._numbers.source_turn,
            ).float()

    def _at(self, call: Call, timestep: float) -> tuple[Any, Scales]:
        """Which expert works at a timestep, and how strongly it is guided."""
        numbers, low = self._numbers, self.pipeline.transformer_2
        scales = Scales(numbers.video_guidance, numbers.image_guidance, call.guidance)
        if low is None or timestep >= numbers.expert_boundary:
            return self.pipeline.transformer, scales
        by = numbers.low_noise_scale
        text = max(1.0, call.guidance * by) if call.guidance_low is None else call.guidance_low
        return low, replace(scales, video=scales.video * by, image=scales.image * by, text=text)

    def _projection(self, conditioning: Conditioning) -> Projection | None:
        numbers = self._numbers
        projected = {
            Conditioning.TEXT: numbers.project_text,
            Conditioning.EDIT: numbers.project_edit,
            Conditioning.REFERENCES: 1.0,
            Conditioning.EDIT_WITH_REFERENCES: 0.0,
        }
        if not projected[conditioning]:
            return None
        return Projection(numbers.projection_eta, numbers.projection_bound)

    def _schedule(self, call: Call) -> Any:
        """UniPC over the straight paths of flow matching, begun anew for every call.

        Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models",
        2023.
        """
        shift = {} if call.shift is None else {"flow_shift": call.shift}
        schedule = self._runtime.diffusers.UniPCMultistepScheduler.from_config(
            self.pipeline.scheduler.config, prediction_type="flow_prediction", use_flow_sigmas=True, **shift
        )
        schedule.set_timesteps(call.steps, device=self._device)
        return schedule

    def _noise(self, call: Call) -> torch.Tensor:
        config = self.pipeline.vae.config
        shape = (
            1,
            config.z_dim,
            (call.frames - 1) // config.scale_factor_temporal + 1,
            call.height // config.scale_factor_spatial,
            call.width // config.scale_factor_spatial,
        )
        dice = self._runtime.generator(call.seed)
        return torch.randn(shape, generator=dice, dtype=torch.float32).to(self._device)
