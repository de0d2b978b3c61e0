"""Per-pixel loops of torn paper, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from omnireel.engines.studio.picture.raster import Mask, Plane
from omnireel.media.frames import Frame

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def lay_sheet(outline: Mask, uneven: Plane, colour: Plane, left: Plane, row: Plane) -> None:
    """Add one row of a sheet to `row`, `(3, width)`, where something of it is `left` to be seen, 0 to 1."""
    for x in range(left.shape[0]):
        place = _F(outline[x]) + uneven[x]
        part = left[x] * min(max((place - _F(108)) * _F(1 / 36), _F(0)), _F(1))
        core = min(max((_F(182) - place) * _F(1 / 30), _F(0)), _F(1)) * _F(0.8)
        left[x] -= part
        white, plain = part * core * _F(236), part * (_F(1) - core)
        row[0, x] += white * _F(0.94) + plain * colour[0]
        row[1, x] += white * _F(0.985) + plain * colour[1]
        row[2, x] += white + plain * colour[2]


@njit(cache=True, nogil=True, error_model="numpy")
def stack_sheets(outlines: Mask, colours: Plane, fibres: Mask, shade: Mask, out: Frame) -> None:
    """Sheets of torn paper seen from above.

    `outlines`, `(n - 1, height, width)`, fall from 255 on a sheet to 0 beside it; where the fall, made uneven
    by `fibres`, passes the middle lies the edge, and just inside it the white core shows. `fibres` have 128
    as plain, `shade` has 255 as full light.
    """
    count, height, width = outlines.shape
    uneven, left = np.zeros(width, np.float32), np.zeros(width, np.float32)
    row = np.zeros((3, width), np.float32)
    for y in range(height):
        for x in range(width):
            uneven[x] = (_F(fibres[y, x]) - _F(128)) * _F(1.6)
            left[x] = _F(1)
            row[0, x], row[1, x], row[2, x] = _F(0), _F(0), _F(0)
        for k in range(count - 1, -1, -1):
            highest = np.uint8(0)
            for x in range(width):
                highest = max(highest, outlines[k, y, x])
            if highest > 40:
                lay_sheet(outlines[k, y], uneven, colours[k + 1], left, row)
        for x in range(width):
            light = _F(shade[y, x]) * (_F(1) + (_F(fibres[y, x]) - _F(128)) * _F(1 / 255)) * _F(1 / 255)
            for c in range(3):
                seen = (row[c, x] + left[x] * colours[0, c]) * light
                out[y, x, c] = np.uint8(np.int32(min(seen + _F(0.5), _F(255))))
