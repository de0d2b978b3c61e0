"""A look painted at two thirds of a large canvas, and its pictures brought up to size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from omnireel.engines.studio.looks.look import Look, LookMaker
from omnireel.engines.studio.picture.enlarging import enlarged, painted_size
from omnireel.engines.studio.picture.raster import Size
from omnireel.engines.studio.pipeline import ahead, fanned
from omnireel.engines.studio.tracker import Moment, working_size
from omnireel.media.frames import Frame


def upscaled(make: LookMaker, samples: Sequence[Frame], size: Size, seed: int) -> Look:
    """The look for a canvas of `size`, painted smaller where that is large: a 1080p frame has more than twice
    the pixels of a 720p one, and a painted surface hardly more to show in them.

    Most looks paint from the working copy alone, so moments keep their whole frame, and a look that shows
    something of it brings it to its own size.
    """
    inner = painted_size(size)
    if inner == size or working_size(inner) != working_size(size):
        return make(samples, size, seed)
    return _Upscaled(make(samples, inner, seed), size)


class _Upscaled:
    def __init__(self, look: Look, size: Size) -> None:
        self._look, self._size = look, size

    def apply(self, moments: Iterable[Moment], *, threads: int) -> Iterator[Moment]:
        """Every moment through the look, at the canvas's own size again."""
        painted = self._look.apply(moments, threads=threads)
        return iter(ahead(fanned(painted, self._restored, threads=threads), threads=threads))

    def _restored(self, moment: Moment) -> Moment:
        return replace(moment, frame=enlarged(moment.frame, self._size))
