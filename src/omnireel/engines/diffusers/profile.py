"""What is known of a model: where it lies, what it may be asked for, how it is run. One TOML file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from omnireel.engines.diffusers.call import Conditioning
from omnireel.errors import CannotStart
from omnireel.models import Mode

Side = Annotated[int, Field(ge=16, le=4096, multiple_of=16)]


class Family(StrEnum):
    """Models that are called alike."""

    WAN = "wan"
    """Wan 2.1 and 2.2: words, and a first and last frame."""
    WAN_VACE = "wan-vace"
    BERNINI = "bernini"
    LTX2 = "ltx2"


class Plan(StrEnum):
    """Where the weights are while the model works."""

    RESIDENT = "resident"
    """All of them on the GPU."""
    OFFLOAD = "offload"
    """Each part comes to the GPU when its turn comes."""
    LAYERWISE_FP8 = "layerwise-fp8"
    """Kept on the GPU in eight bits, each layer made wider as it is used."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(_Part):
    """Terms of the weights."""

    name: str
    url: str
    accept: bool = False
    """Whether an operator must say that they accept it."""
    note: str = ""
    """What it asks, in a sentence, where it asks something unusual."""


class Weights(_Part):
    """A repository in the layout of diffusers, and what it is for."""

    repo: str
    revision: str = "main"
    download_gib: float = Field(gt=0)
    does: frozenset[Conditioning] = Field(min_length=1)


class Pace(_Part):
    """How a mode is run."""

    width: Side
    """Of a wide clip, pixels; a tall one is turned, a square one has sides between the two."""
    height: Side
    steps: int = Field(ge=1, le=200)
    guidance: float = Field(ge=1.0, le=30.0)
    guidance_low: float | None = Field(default=None, ge=1.0, le=30.0)
    shift: float | None = Field(default=None, gt=0, le=30.0)


class Profile(_Part):
    """A model."""

    title: str
    family: Family
    licence: Licence
    weights: tuple[Weights, ...] = Field(min_length=1)
    fps: int = Field(ge=8, le=60)
    frame_step: int = Field(ge=1, le=64)
    frame_offset: int = Field(ge=0, le=64)
    """Legal clips have `frame_step` times any number, and so many more, frames."""
    longest: int = Field(ge=5, le=1024)
    """Frames of the longest clip it makes in one pass."""
    carry: int = Field(default=1, ge=1, le=33)
    """Frames that a longer clip goes on from; a legal count."""
    side_multiple: int = Field(default=16, ge=2, le=128)
    references: int = Field(default=0, ge=0, le=16)
    """How many pictures of subjects it takes."""
    last_frame: bool = False
    """Whether it lands on a given frame."""
    sound: bool = False
    std: Pace
    pro: Pace
    negative_prompt: str = ""
    memory_gib: Mapping[Plan, float]
    """What the GPU must have, for each plan."""
    numbers: Mapping[str, float] = {}
    """The family's own constants, where a model has others."""

    @model_validator(mode="after")
    def _carries_less_than_it_makes(self) -> Self:
        if 2 * self.carry > self.longest:
            raise ValueError(f"carry may be half of longest ({self.longest}) at most, got {self.carry}")
        return self

    def pace(self, mode: Mode) -> Pace:
        return self.std if mode is Mode.STD else self.pro

    def weights_for(self, conditioning: Conditioning) -> Weights | None:
        """The repository that does this work; None when the model cannot."""
        return next((one for one in self.weights if conditioning in one.does), None)

    def legal_frames(self, least: int) -> int:
        """The smallest legal count that is no smaller than `least`."""
        steps = max(0, -(-(least - self.frame_offset) // self.frame_step))
        return max(1, self.frame_offset + steps * self.frame_step)


def profile_names() -> tuple[str, ...]:
    """The profiles that come with us, sorted."""
    return tuple(
        sorted(one.name.removesuffix(".toml") for one in _folder().iterdir() if one.name.endswith(".toml"))
    )


@cache
def profile(name: str) -> Profile:
    """One of ours by its name, or any by the path of its file. Raises CannotStart."""
    if name not in profile_names() and not name.endswith(".toml"):
        raise CannotStart(f"no model profile is called {name!r}; there are: {', '.join(profile_names())}")
    return _read(name)


def _read(name: str) -> Profile:
    try:
        text = Path(name).read_text() if name.endswith(".toml") else (_folder() / f"{name}.toml").read_text()
        return Profile.model_validate(tomllib.loads(text))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CannotStart(f"model profile {name!r} cannot be read: {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        path = ".".join(str(part) for part in fault["loc"])
        raise CannotStart(f"model profile {name!r}: {path}: {fault['msg']}") from None


def _folder() -> Path:
    return Path(str(files("omnireel.engines.diffusers"))) / "profiles"
