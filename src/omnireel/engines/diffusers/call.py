"""One pass through a model, as plain values. What an attempt asks of the process that holds the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from omnireel.engines.link import Array


class Conditioning(StrEnum):
    """What the model goes by, beside the prompt."""

    TEXT = "text"
    KEYFRAMES = "keyframes"
    """Frames that stand at the clip's beginning, end, or both."""
    REFERENCES = "references"
    """Pictures of what shall appear."""
    EDIT = "edit"
    """A source video that is followed frame by frame."""
    EDIT_WITH_REFERENCES = "edit_with_references"

    @property
    def follows_a_source(self) -> bool:
        return self in (Conditioning.EDIT, Conditioning.EDIT_WITH_REFERENCES)


@dataclass(frozen=True)
class Call:
    """Pixels, whole frames, a legal count of them. Every picture that goes with it has its exact size,
    references excepted.

    The arrays beside it are RGB, uint8, shaped (frames, height, width, 3): `opening` and `closing` for
    keyframes, `source` for an edit with as many frames as the call; and `reference_1` onwards, each
    (height, width, 3).
    """

    conditioning: Conditioning
    prompt: str
    negative_prompt: str
    width: int
    height: int
    frames: int
    fps: int
    steps: int
    """Denoising steps."""
    guidance: float
    """Scale of classifier-free guidance; 1 means none."""
    guidance_low: float | None
    """The same for the expert of low noise, where the model has two."""
    shift: float | None
    """How far the schedule leans to high noise; None as the model has it."""
    seed: int
    references: int = 0
    lora: str | None = None
    """Path of weights to be laid over the model's, a distillation for few steps for instance."""


@dataclass(frozen=True)
class Generated:
    """Frames as RGB uint8 (frames, height, width, 3); sound, if any, as float32 (2, samples) at `rate` Hz."""

    frames: Array
    audio: Array | None = None
    rate: int = 0


Step = Callable[[float, str], None]
"""Told after every denoising step which share of the call, 0 to 1, is done, and what is being done. Raises
Canceled when nobody wants the clip any more."""


class LoadedModel(Protocol):
    """Weights in memory, ready to be called. One call at a time."""

    def generate(self, call: Call, arrays: Mapping[str, Array], step: Step) -> Generated:
        """The same call and arrays give the same frames on the same machine. Raises AttemptError."""
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...
