"""What a family's module makes of a repository: something that performs calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from omnireel.engines.diffusers.call import Call, Generated
from omnireel.engines.diffusers.denoising import Watch
from omnireel.engines.diffusers.guards import check_text_encoder, class_named
from omnireel.engines.diffusers.profile import Profile
from omnireel.engines.diffusers.runtime import Runtime
from omnireel.engines.link import Array
from omnireel.errors import EngineUnavailable


@dataclass(frozen=True)
class Opening:
    """What a family is given to open a repository with."""

    folder: Path
    profile: Profile
    runtime: Runtime


class Performer(Protocol):
    """A repository's parts in memory, and how its family calls them."""

    @property
    def pipeline(self) -> Any:
        """The pipeline of diffusers that holds every part; whoever opens it puts the parts where they
        belong.
        """
        ...

    def perform(self, call: Call, arrays: Mapping[str, Array], watch: Watch) -> Generated:
        """Make the clip. The call has been checked; torch's errors are the caller's to translate."""
        ...


Open = Callable[[Opening], Performer]


def read_pipeline(
    opening: Opening, classes: Mapping[str, Any], *, wide: tuple[str, ...] = (), without: tuple[str, ...] = ()
) -> Any:
    """The folder's pipeline, in the computer's memory, as the class that `classes` has for the one it names.

    `wide` are parts that are computed in float32 on a GPU too, `without` those that are not read. Nothing is
    read but safetensors and JSON, and no code but that of the libraries is run. Raises EngineUnavailable.
    """
    named = class_named(opening.folder)
    if named not in classes:
        raise EngineUnavailable(
            f"{opening.folder} holds a {named}, and {opening.profile.title} is none of those"
        )
    from safetensors import SafetensorError

    try:
        pipeline = classes[named].from_pretrained(
            str(opening.folder),
            dtype={
                "default": opening.runtime.dtype,
                **dict.fromkeys(wide, opening.runtime.torch.float32),
            },
            local_files_only=True,
            use_safetensors=True,
            **dict.fromkeys(without),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise EngineUnavailable(f"{opening.folder} cannot be read as a {named}: {error}") from error
    check_text_encoder(pipeline.text_encoder)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
