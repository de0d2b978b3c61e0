"""What an operator says about a model that runs in our own process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from omnireel.engines.diffusers.profile import Plan, Profile, profile
from omnireel.engines.spec import Options
from omnireel.errors import CannotStart

MODELS_FOLDER = Path("~/.local/share/omnireel/models")
Device = Annotated[str, StringConstraints(pattern=r"^(auto|cpu|mps|cuda(:\d{1,2})?)$")]


class Distilled(Options):
    """Weights laid over the model's that do with few steps."""

    path: Path
    """A safetensors file."""
    steps: int = Field(ge=1, le=50)
    guidance: float = Field(default=1.0, ge=1.0, le=30.0)
    shift: float | None = Field(default=None, gt=0, le=30.0)


class DiffusersOptions(Options):
    """One model."""

    profile: str
    """The name of one of our profiles, or the path of a TOML file like them."""
    folder: Path = MODELS_FOLDER
    """Where model folders lie; `omnireel models pull` puts them there."""
    accept_licence: bool = False
    device: Device = "auto"
    plan: Plan | None = None
    """None takes the first that the GPU has room for."""
    std: Distilled | None = None
    """How `std` clips are made instead of at full steps."""
    pro: Distilled | None = None
    repositories: int = Field(default=1, ge=1, le=8)
    """How many of the model's repositories stay in memory together, where it has several: the GPU must have
    room for all of them. One is loaded anew for each change from words to frames and back."""
    compile: bool = False
    """Compile each block of the transformer: minutes at the first clip, quicker from then on."""

    @model_validator(mode="after")
    def _profile_there(self) -> Self:
        try:
            licence = self.model.licence
        except CannotStart as error:
            raise ValueError(str(error)) from None
        if licence.accept and not self.accept_licence:
            raise ValueError(
                f"the weights of {self.model.title} come under the {licence.name} ({licence.url})."
                f" {licence.note} Read it, and say accept_licence = true if you accept it"
            )
        return self

    @property
    def model(self) -> Profile:
        return profile(self.profile)

    @property
    def files(self) -> tuple[Path, ...]:
        """What an operator wrote themselves; ours come with the package."""
        return (Path(self.profile).absolute(),) if self.profile.endswith(".toml") else ()

    @property
    def place(self) -> str:
        """Which device it is, whatever it is called."""
        return "cuda:0" if self.device in ("auto", "cuda") else self.device

    def folder_of(self, repo: str) -> Path:
        """Where a repository's files lie."""
        return folder_of(self.folder.expanduser(), repo)


def folder_of(folder: Path, repo: str) -> Path:
    """Where a repository's files lie among the models."""
    return folder / repo.replace("/", "--")
