"""How libx264 is used: what it is asked for, and what keeps its output a function of its input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Coding:
    """A preset of x264, and what is asked for beside it, by x264's own names."""

    preset: str
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def options(self) -> dict[str, str]:
        """Options for FFmpeg under which the same pictures give the same bytes, on any machine."""
        asked = {"preset": self.preset}
        if given := {**self.parameters, **_steadying()}:
            asked["x264-params"] = ":".join(f"{name}={value}" for name, value in given.items())
        return asked


USUAL: Final = Coding("veryfast")

PAINTED: Final = Coding(
    "superfast", MappingProxyType({"subme": "0", "partitions": "i8x8", "weightp": "0", "scenecut": "0"})
)
"""For what the engines paint: half the work of veryfast for half as many bytes again, twice as many where
much lies still; painted pictures are small either way.

Flat colour gains next to nothing from motion finer than a pixel or blocks smaller than 8 pixels; footage that
is only graded, and pans, becomes up to a quarter larger without. Cuts need no
key frame: every block of a new shot may be coded by itself anyway.
"""


@cache
def _steadying() -> Mapping[str, str]:
    """On processors with AVX-512, x264's macroblock-tree kernel reads past its rows, into whatever memory
    held before, when a picture's width is not a multiple of 128: 720, 960, 1080 and 1440 are such widths. Its
    AVX2 kernels do not, and on the rest they agree bit for bit.
    """
    return {"asm": "avx2"} if _has_avx512() else {}


def _has_avx512() -> bool:
    try:
        return " avx512f" in _CPUINFO.read_text("ascii", "replace")
    except OSError:
        return False
