"""Names for the arrays scenes are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
"""Pictures: (height, width, 3) BGR, or (height, width, 4) BGRA with premultiplied alpha."""
Floats = npt.NDArray[np.float32]
Fine = npt.NDArray[np.int8]
Whole = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint32]
"""(height, width), a premultiplied BGRA pixel in each number: alpha in the highest byte."""
Colour = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Machine code for a kernel, cached on disk, that other threads may run beside."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True)(function))
