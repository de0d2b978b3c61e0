"""How one photograph gives way to the next: a dissolve, or the new one pushing the old one out."""

from __future__ import annotations

import numpy as np

from omnireel.engines.studio.photo.camera import eased
from omnireel.engines.studio.picture.raster import crossfaded
from omnireel.media.frames import Frame
from omnireel.models import Transition


def passage(past: Frame, coming: Frame, share: float, transition: Transition) -> Frame:
    """The frame in which `coming` has taken over by `share`, 0 to 1, seen at an even pace."""
    done = eased(share)
    if transition is Transition.SLIDE:
        return _pushed(past, coming, done)
    return crossfaded(past, coming, done)


def _pushed(past: Frame, coming: Frame, done: float) -> Frame:
    width = past.shape[1]
    edge = width - round(done * width)
    return np.ascontiguousarray(np.hstack([past[:, width - edge :], coming[:, : width - edge]]))
