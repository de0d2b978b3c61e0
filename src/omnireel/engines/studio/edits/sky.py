"""Another sky behind what the source shows, and its light on the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from omnireel.engines.studio.edits.heavens import HEAVENS, Heavens, enlarged
from omnireel.engines.studio.edits.kernels_dye import set_behind
from omnireel.engines.studio.edits.sky_mask import SkyMask
from omnireel.engines.studio.edits.thing_mask import members_of
from omnireel.engines.studio.edits.turning import Turning
from omnireel.engines.studio.looks.grade import Laboratory
from omnireel.engines.studio.picture.raster import Mask, Size, boxed, shrunk, size_of, stretched
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment
from omnireel.media.frames import Frame

_FINENESS = 0.45
"""Side of the grid a sky is painted on, as a share of the canvas's: clouds are soft."""
_WRAP = 0.35
"""Most of a new sky's light that spills over the edges of what stands before it."""


class NewSky:
    """Replaces the sky found in `samples`. `members` are its colours; `fps` the clip's rate."""

    def __init__(
        self, kind: str, members: Mask, samples: Sequence[Frame], size: Size, fps: float, seed: int
    ) -> None:
        heaven = HEAVENS[kind]
        self._mask, self._fps, self._size = SkyMask(members), fps, size
        self._grid = round(size[0] * _FINENESS), round(size[1] * _FINENESS)
        self._heavens = Heavens(heaven, self._grid, _lowest(members, samples), seed)
        self._laboratory = Laboratory(heaven.relight)
        self._turning = Turning()

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment under the new sky."""
        seen = ((moment, self._mask.see(moment), self._turning.follow(moment.motion)) for moment in moments)
        for moment, gate, (pan, zoom) in ahead(seen, threads=threads):
            sky = self._heavens.at(moment.index / self._fps, pan, zoom)
            yield moment.repainted(self._under(moment.frame, gate, sky))

    def _under(self, frame: Frame, gate: Mask, sky: Frame) -> Frame:
        spill = boxed(stretched(shrunk(gate, (64, 36)), size_of(gate)), 41)
        return set_behind(
            frame,
            self._laboratory.develop(frame),
            enlarged(sky, size_of(frame)),
            stretched(gate, size_of(frame)),
            stretched(spill, size_of(frame)),
            self._mask.members,
            np.float32(_WRAP),
        )


def _lowest(members: Mask, samples: Sequence[Frame]) -> float:
    """The row down to which the sky reaches, as a share of the height."""
    rows = np.mean([members_of(frame, members).mean(axis=1) for frame in samples], axis=0)
    deep = np.flatnonzero(rows > max(8.0, float(rows.max()) * 0.12))
    return float((deep.max() + 1) / len(rows)) if len(deep) else 0.5
