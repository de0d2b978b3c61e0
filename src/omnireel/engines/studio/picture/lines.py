"""The lines somebody would draw: a difference of Gaussians, smoothed along the grain of the picture."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.picture.kernels_lines import smooth_along
from omnireel.engines.studio.picture.orientation import structure_of, tangents_of
from omnireel.engines.studio.picture.raster import Mask, Plane, softened

_WIDER = 1.6
"""Ratio of the two Gaussians: the nearest to a Laplacian."""
_GRAIN = 5
_FAINTEST, _BOLDEST = 1.2, 9.0
"""Levels of darkness against the surroundings from which a line is drawn, and where it is whole."""


def line_response(luma: Mask, tangents: Plane, *, sigma: float, steps: int = 3) -> Plane:
    """How much darker, in levels, each pixel is than its surroundings: over 0 on lines and dark edges.

    A flow-based difference of Gaussians (Kang et al., "Coherent Line Drawing", 2007): `sigma` is the half
    width of the lines; they are joined up over `steps` strides of two pixels either way along `tangents`. It
    may be blended from frame to frame, enlarged, and only then cut off by `drawn`, which keeps lines crisp.
    """
    return joined(line_contrast(luma, sigma), tangents, steps=steps)


def line_contrast(luma: Mask, sigma: float) -> Plane:
    """`line_response` before it is joined up."""
    exact = luma.astype(np.float32)
    return np.asarray(softened(exact, sigma * _WIDER) - softened(exact, sigma), np.float32)


def joined(contrast: Plane, tangents: Plane, *, steps: int = 3) -> Plane:
    """Line contrast, of one width or the stronger of several, smoothed along `tangents`."""
    out = np.empty_like(contrast)
    smooth_along(contrast, tangents, steps, out)
    return out


def drawn(response: Plane, *, faintest: float = _FAINTEST, boldest: float = _BOLDEST) -> Plane:
    """A line response as strength, 0 to 1: nothing up to `faintest` levels, whole from `boldest` on."""
    ramp = np.clip((response - np.float32(faintest)) / np.float32(boldest - faintest), 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)


def line_strength(luma: Mask, *, fine: float, coarse: float) -> Plane:
    """Lines of two half widths in pixels, `fine` and `coarse`, as one strength, 0 to 1."""
    tangents = tangents_of(structure_of(luma, _GRAIN))
    thin, thick = (line_response(luma, tangents, sigma=sigma) for sigma in (fine, coarse))
    return np.maximum(drawn(thin), drawn(thick))
