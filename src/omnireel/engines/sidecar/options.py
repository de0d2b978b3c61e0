"""What an operator says about inference servers and the model they serve."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from omnireel.engines.sidecar import minimax_h3
from omnireel.engines.spec import Options
from omnireel.models import AspectRatio, JobKind, Mode

Url = Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+$")]
Side = Annotated[int, Field(ge=16, le=4096, multiple_of=2)]


class Dialect(StrEnum):
    """Whose `/v1/videos` it is."""

    SGLANG = "sglang"
    VLLM_OMNI = "vllm-omni"


class SidecarOptions(Options):
    """Servers that are alike, each with one model loaded."""

    dialect: Dialect
    profile: Literal["minimax-h3"] | None = None
    """A model that wants to be asked in its own way; then what it can do need not be said."""
    accept_licence: bool = False
    """That the operator accepts the licence of the profile's model."""
    replicas: tuple[Url, ...] = Field(min_length=1, max_length=64)
    """Their origins. Each gets one task at a time."""
    api_key: SecretStr | None = None
    model: str | None = Field(default=None, max_length=256)
    """The model's name, where the servers want it."""
    kinds: frozenset[JobKind] = frozenset({JobKind.TEXT})
    """What the model can do."""
    sound: bool = False
    """Whether it makes sound when asked to."""
    pictures: int = Field(default=1, ge=0, le=12)
    """How many pictures it takes."""
    mixed: bool = False
    """Whether it takes several inputs at once, of both kinds: of vLLM-Omni's models, MiniMax-H3 does."""
    health: str = Field(default="/health", pattern=r"^/[A-Za-z0-9_/.-]{0,255}$")
    """Where the servers say that they are well."""
    fps: int = Field(default=16, ge=1, le=60)
    frame_step: int = Field(default=4, ge=1, le=64)
    frame_offset: int = Field(default=1, ge=0, le=64)
    """Legal clips have `frame_step` times any number, and so many more, frames."""
    longest: float = Field(default=10.0, gt=0, le=60)
    """Seconds of the longest clip it makes."""
    std: tuple[Side, Side] = (832, 480)
    """Width and height of a wide `std` clip, pixels; a tall one is turned, a square one has equal sides."""
    pro: tuple[Side, Side] = (1280, 720)
    fields: Mapping[str, str] = {}
    """Further fields of every request, in the servers' own words."""
    std_fields: Mapping[str, str] = {}
    pro_fields: Mapping[str, str] = {}
    expected_seconds: float = Field(default=120.0, gt=0)
    """How long a clip takes; for the progress of servers that tell none."""
    deadline_seconds: float = Field(default=1500.0, gt=0)
    """A clip that takes longer is given up."""
    wait_seconds: float = Field(default=600.0, ge=0)
    """How long to wait for a server that is free."""
    patience_seconds: float = Field(default=30.0, ge=0)
    """How long a server may not answer while it works."""

    @model_validator(mode="before")
    @classmethod
    def _as_the_profile_has_it(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and given.get("profile") == minimax_h3.NAME:
            return {**minimax_h3.OPTIONS, **given}
        return given

    @model_validator(mode="after")
    def _profile_accepted(self) -> Self:
        if self.profile is not None and not self.accept_licence:
            raise ValueError(minimax_h3.LICENCE)
        if self.profile is not None and self.dialect is not Dialect.VLLM_OMNI:
            raise ValueError("MiniMax-H3 is asked through vLLM-Omni; dialect must be vllm-omni")
        return self

    @model_validator(mode="after")
    def _as_many_pictures_as_they_take(self) -> Self:
        if self.dialect is Dialect.SGLANG and self.pictures > 1:
            raise ValueError("SGLang keeps only the first picture; pictures must be 0 or 1")
        if self.dialect is Dialect.VLLM_OMNI and self.pictures > 1 and not self.mixed:
            raise ValueError(
                "vLLM-Omni takes several pictures for models with mixed inputs only; pictures must be 0 or 1"
            )
        return self

    @property
    def single(self) -> bool:
        """Whether a request may have one input at most; vLLM-Omni would take further ones for videos."""
        return self.dialect is Dialect.VLLM_OMNI and not self.mixed

    def size(self, mode: Mode, aspect: AspectRatio) -> tuple[int, int]:
        """Width and height that are asked for, pixels."""
        width, height = self.std if mode is Mode.STD else self.pro
        if aspect is AspectRatio.TALL:
            return height, width
        return (height, height) if aspect is AspectRatio.SQUARE else (width, height)

    def frames(self, seconds: float) -> int:
        """The shortest legal clip that is as long."""
        least = round(seconds * self.fps)
        steps = max(0, -(-(least - self.frame_offset) // self.frame_step))
        return max(1, self.frame_offset + steps * self.frame_step)
