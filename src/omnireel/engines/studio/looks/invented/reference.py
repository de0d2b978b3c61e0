"""A look borrowed from a picture: its colours, and the texture of its surface, riding on what moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from omnireel.engines.studio.anchor import Sheet
from omnireel.engines.studio.looks.invented.surface import Surface, surface_of, tile_of
from omnireel.engines.studio.looks.invented.transport import palette_shade
from omnireel.engines.studio.looks.light.cube import cube_of
from omnireel.engines.studio.looks.light.exposure import Exposure, rim_of
from omnireel.engines.studio.looks.light.fields import laid
from omnireel.engines.studio.picture.blend import blended
from omnireel.engines.studio.picture.masses import calmed
from omnireel.engines.studio.picture.raster import (
    Mask,
    Size,
    crossfaded,
    difference,
    medianed,
    stretched,
    strongest,
)
from omnireel.engines.studio.pipeline import ahead
from omnireel.engines.studio.tracker import Moment, Motion
from omnireel.media.frames import Frame

_BOLD = 1.25
"""The texture is laid on this much stronger than measured, for it is seen in motion."""
_LEAST = 1.5
"""Grey levels; weaker texture than this is not worth laying on."""
_CALMEST = 0.75
_MEMORY = np.float32(150)


@dataclass(frozen=True)
class _Calm:
    moment: Moment
    frame: Frame


class ReferenceLook:
    """The look of `reference` for one clip. `samples` are some of its frames; `size` is the canvas."""

    def __init__(self, reference: Frame, samples: Sequence[Frame], size: Size, seed: int) -> None:
        self._size = size
        cube = cube_of([palette_shade(reference, samples, seed)])
        self._exposure = Exposure(size, cube, rim_of(size, 0))
        theirs, ours = surface_of([reference]), surface_of(samples)
        strength = np.sqrt(max(theirs.strength**2 - 0.25 * ours.strength**2, 0)) * _BOLD
        self._tile = tile_of(Surface(theirs.power, float(strength)), seed) if strength > _LEAST else None
        # The clip's own detail gives way to the picture's, the more the calmer the picture is.
        self._calm = float(np.clip(1.15 - theirs.strength / (2 * ours.strength + 1e-3), 0.35, _CALMEST))
        self._share = np.full((size[1], size[0]), round(self._calm * 255), np.uint8)
        self._past: Frame | None = None

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment in the picture's look."""
        for calm in ahead((self.simplify(moment) for moment in moments), threads=threads):
            yield calm.moment.repainted(self.paint(calm))

    def simplify(self, moment: Moment) -> _Calm:
        """One frame in flat strokes on the working grid. Frames must come in order."""
        calm = calmed(medianed(moment.small))
        motion = moment.motion
        if self._past is not None and not motion.cut:
            calm = _settled(calm, self._past, motion)
        self._past = calm
        return _Calm(moment, calm)

    def paint(self, calm: _Calm) -> Frame:
        """One frame at full size. Does not depend on other frames, but must not be called for two at once."""
        base = blended(calm.moment.frame, stretched(calm.frame, self._size), self._share)
        return self._exposure.of(base, grain=self._texture(calm.moment.motion.sheets))

    def _texture(self, sheets: Sequence[Sheet]) -> Mask | None:
        if self._tile is None:
            return None
        found = [laid(self._tile, sheet.offset, self._size, 1.0) for sheet in sheets]
        return found[0] if len(found) == 1 else crossfaded(found[0], found[1], sheets[1].weight)


def _settled(calm: Frame, past: Frame, motion: Motion) -> Frame:
    before = motion.follow(past)
    agreed = np.clip((28 - strongest(difference(calm, before)).astype(np.float32)) / 20, 0, 1) * motion.trust
    return blended(calm, before, (agreed * _MEMORY).astype(np.uint8))
