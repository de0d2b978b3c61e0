"""What every drawing starts from: steady tones, steady lines and the direction of forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from omnireel.engines.studio.looks.painterly.grain import grain_of
from omnireel.engines.studio.looks.painterly.memory import remembered, settled
from omnireel.engines.studio.picture.lines import line_response
from omnireel.engines.studio.picture.orientation import structure_of, tangents_of
from omnireel.engines.studio.picture.raster import Mask, Plane, curved, grey_of, medianed
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_LINE_GRAIN = 5
_COLOUR_MEMORY, _LINE_MEMORY = 0.65, 0.72


@dataclass(frozen=True)
class Study:
    """One frame as a draughtsman sees it, on the working grid."""

    flat: Frame
    luma: Mask
    """Tones through the clip's curve."""
    thin: Plane
    thick: Plane
    """Line responses, in levels."""
    grain: Plane


class Observer:
    """Studies the frames of one clip in order. `curve` spreads its tones; the sigmas are in grid pixels."""

    def __init__(self, curve: Mask, *, thin: float, thick: float) -> None:
        self._curve, self._sigmas = curve, (thin, thick)
        self._flat: Frame | None = None
        self._lines: Plane | None = None

    def study(self, moment: Moment) -> Study:
        """Look at the next frame."""
        flat = settled(medianed(moment.small), self._flat, moment.motion, _COLOUR_MEMORY)
        luma = cast("Mask", curved(grey_of(flat), self._curve))
        tangents = tangents_of(structure_of(luma, _LINE_GRAIN))
        found = np.stack([line_response(luma, tangents, sigma=sigma) for sigma in self._sigmas], axis=-1)
        lines = remembered(found, self._lines, moment.motion, _LINE_MEMORY)
        self._flat, self._lines = flat, lines
        thin, thick = np.ascontiguousarray(lines[..., 0]), np.ascontiguousarray(lines[..., 1])
        return Study(flat, luma, thin, thick, grain_of(luma))
