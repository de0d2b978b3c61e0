"""Motion a caller knows, because it drew the frames, in place of motion estimated from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from omnireel.engines.studio.picture.raster import Plane, Size, fetched, pixel_grid, size_of, stretched


@dataclass(frozen=True)
class KnownMotion:
    """How one frame follows from the frame before it, exactly."""

    flow: Plane
    """`(height, width, 2)` on any grid that covers the frame, in pixels of that grid: from each pixel to
    where the same spot of the same thing was in the frame before. Any value where it was not to be seen."""
    ids: NDArray[np.integer[Any]] | None = None
    """`(height, width)` on the same grid: which thing each pixel shows. Where the thing was not to be seen in
    the frame before, the past is not believed."""
    cut: bool = False
    """True where the frame follows from nothing."""

    def on(self, size: Size) -> KnownMotion:
        """The same on another grid."""
        if size == size_of(self.flow):
            return self
        scale = np.array([size[0] / self.flow.shape[1], size[1] / self.flow.shape[0]], np.float32)
        ids = None if self.ids is None else _nearest(self.ids, size)
        return replace(self, flow=stretched(np.asarray(self.flow, np.float32), size) * scale, ids=ids)


def every(known: Iterable[KnownMotion], hold: int) -> Iterator[KnownMotion]:
    """Motion from shown frame to shown frame, where one is shown for every `hold` frames."""
    steps = iter(known)
    first = next(steps, None)
    if first is None:
        return
    yield first
    while len(group := list(islice(steps, hold))) == hold:
        yield joined(group)


def joined(steps: Sequence[KnownMotion]) -> KnownMotion:
    """Several steps in a row, the earliest first and all on one grid, as one step."""
    last = steps[-1]
    flow: Plane = last.flow
    grid = pixel_grid(size_of(flow))
    for step in reversed(steps[:-1]):
        place = grid + flow
        flow = np.add(flow, fetched(step.flow, place[..., 0], place[..., 1]))
    return KnownMotion(flow, last.ids, any(step.cut for step in steps))


def uncovered(known: KnownMotion, before: KnownMotion | None) -> Plane:
    """1 where a thing has just come into sight, 0 where it was to be seen in the frame `before`."""
    place = pixel_grid(size_of(known.flow)) + known.flow
    height, width = known.flow.shape[:2]
    new = np.logical_or(place < -0.5, place > np.array([width, height]) - 0.5).any(axis=2)
    if known.ids is not None and before is not None and before.ids is not None:
        past = cv2.remap(before.ids.astype(np.float32), place, cast("Plane", None), cv2.INTER_NEAREST)
        new = np.logical_or(new, past != known.ids)
    return np.asarray(new, np.float32)


def _nearest(ids: NDArray[np.integer[Any]], size: Size) -> NDArray[np.integer[Any]]:
    rows = (np.arange(size[1]) * ids.shape[0]) // size[1]
    columns = (np.arange(size[0]) * ids.shape[1]) // size[0]
    few: NDArray[np.integer[Any]] = ids[rows[:, None], columns[None]]
    return few
