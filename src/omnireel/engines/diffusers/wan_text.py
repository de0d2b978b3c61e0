"""Words as Wan's models take them."""

from __future__ import annotations

from typing import Any

from omnireel.engines.diffusers.call import Call
from omnireel.engines.diffusers.prompts import Prompts, Tensors
from omnireel.engines.diffusers.runtime import Runtime

TOKENS = 512
"""The length of text that Wan was trained with."""


class WanPrompts:
    """A call's prompts, read by UMT5 at most once each while they are remembered."""

    def __init__(self, pipeline: Any, runtime: Runtime) -> None:
        self._pipeline = pipeline
        self._runtime = runtime
        self._prompts = Prompts(self._read)

    def __call__(self, call: Call) -> dict[str, Any]:
        """Arguments of the pipeline. Without guidance nothing is done with the negative prompt."""
        device = self._runtime.device
        words = {"prompt_embeds": self._prompts(call.prompt)[0].to(device)}
        if call.guidance > 1:
            words["negative_prompt_embeds"] = self._prompts(call.negative_prompt)[0].to(device)
        return words

    def _read(self, prompt: str) -> Tensors:
        with self._runtime.torch.no_grad():
            embeddings, _ = self._pipeline.encode_prompt(
                prompt, do_classifier_free_guidance=False, max_sequence_length=TOKENS
            )
        return (embeddings,)
