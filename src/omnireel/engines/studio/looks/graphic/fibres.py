"""Tiles of texture laid over the canvas so that they ride on what moves."""

from __future__ import annotations

from collections.abc import Sequence

from omnireel.engines.studio.anchor import Sheet, canvas_offset
from omnireel.engines.studio.looks.clay.relief import sampled
from omnireel.engines.studio.picture.raster import Mask, Size, crossfaded


def on_sheets(spread: Mask, sheets: Sequence[Sheet], size: Size) -> Mask:
    """A spread tile under every pixel of a canvas, on each texture sheet in its share."""
    laid = [sampled(spread, canvas_offset(sheet, size), size) for sheet in sheets]
    return laid[0] if len(laid) == 1 else crossfaded(laid[0], laid[1], sheets[1].weight)
