"""The sentence that names a task to the text encoder, ahead of the prompt and with no space between.

They are those the weights were trained with (ByteDance, Bernini, 2026).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from omnireel.engines.diffusers.call import Conditioning

SENTENCES: Final = MappingProxyType(
    {
        Conditioning.TEXT: "You are a helpful assistant specialized in text-to-video generation.",
        Conditioning.REFERENCES: "You are a helpful assistant specialized in subject-to-video generation.",
        Conditioning.EDIT: "You are a helpful assistant specialized in video editing.",
        Conditioning.EDIT_WITH_REFERENCES: (
            "You are a helpful assistant specialized in video editing with reference."
        ),
    }
)


def worded(conditioning: Conditioning, prompt: str) -> str:
    """The prompt as the model was taught to read it. Raises KeyError for a task that it was not taught."""
    return SENTENCES[conditioning] + prompt
