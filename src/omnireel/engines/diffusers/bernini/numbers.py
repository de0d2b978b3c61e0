"""Bernini's constants, from the `numbers` of its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from omnireel.errors import EngineUnavailable


@dataclass(frozen=True)
class Numbers:
    """One field for each name that a profile of the family must give."""

    text_tokens: float
    """Tokens of a prompt; longer ones are cut, shorter ones padded with zeros."""
    source_turn: float
    """Positions by which the rotary angles of a source are turned for each step of its index."""
    reference_side: float
    """Pixels; pictures of subjects with a longer side are made smaller."""
    expert_boundary: float
    """Timestep, 0 to 1000, below which the expert of low noise works, where the model has one."""
    low_noise_scale: float
    """What the scales of guidance are multiplied with from then on. That of the text only where the call does
    not say."""
    video_guidance: float
    """Scale of what seeing the source video changes, where pictures are seen as well."""
    image_guidance: float
    """Scale of what seeing the pictures changes."""
    projection_eta: float
    """How much of the part along the prediction is kept by projected guidance; see `guidance.Projection`."""
    projection_bound: float
    """Largest norm of a difference, per latent frame, in projected guidance; 0 means any."""
    project_text: float
    """1 to project the guidance of clips made from words, else 0."""
    project_edit: float
    """1 to project the guidance of edits without pictures, else 0."""

    @classmethod
    def of(cls, numbers: Mapping[str, float]) -> Self:
        """Raises EngineUnavailable, naming what is missing or not known."""
        known = {field.name for field in fields(cls)}
        if missing := sorted(known - numbers.keys()):
            raise EngineUnavailable(f"the profile's numbers lack {', '.join(missing)}")
        if extra := sorted(numbers.keys() - known):
            raise EngineUnavailable(f"the profile's numbers have {', '.join(extra)}, which nothing uses")
        return cls(**numbers)
