"""Opens a Bernini's repository. Needs no torch until it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnireel.engines.diffusers.bernini.numbers import Numbers
from omnireel.engines.diffusers.guards import class_named
from omnireel.engines.diffusers.performing import Opening, read_pipeline

if TYPE_CHECKING:
    from omnireel.engines.diffusers.bernini.sampling import Bernini


def open_bernini(opening: Opening) -> Bernini:
    """Raises EngineUnavailable, also when the profile lacks numbers."""
    from omnireel.engines.diffusers.bernini.sampling import Bernini

    numbers = Numbers.of(opening.profile.numbers)
    runtime = opening.runtime
    # Whatever its index is called after, the parts are those of a pipeline of Wan's.
    classes = {class_named(opening.folder): runtime.diffusers.WanPipeline}
    pipeline = read_pipeline(opening, classes, wide=("vae",))
    return Bernini(pipeline, opening.profile, numbers, runtime)
