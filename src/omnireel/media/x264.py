"""Keeps libx264's output a function of its input."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")


@cache
def steady_options() -> dict[str, str]:
    """Options under which the same pictures give the same bytes, also from one machine to another.

    On processors with AVX-512, x264's macroblock-tree kernel reads past its rows, into whatever memory held
    before, when a picture's width is not a multiple of 128: 720, 960, 1080 and 1440 are such widths. Its AVX2
    kernels do not, and on the rest they agree bit for bit.
    """
    return {"x264-params": "asm=avx2"} if _has_avx512() else {}


def _has_avx512() -> bool:
    try:
        return " avx512f" in _CPUINFO.read_text("ascii", "replace")
    except OSError:
        return False
