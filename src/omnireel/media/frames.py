"""What a frame is everywhere in Omnireel."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Frame: TypeAlias = NDArray[np.uint8]
"""One picture: `(height, width, 3)` uint8, blue, green, red; full range, BT.709 primaries."""

Samples: TypeAlias = NDArray[np.float32]
"""Sound: `(n, 2)` float32 in -1 to 1, left and right, 48,000 a second."""

SAMPLE_RATE = 48_000
"""Samples per second of all sound."""
