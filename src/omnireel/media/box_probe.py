"""Run as a child by `sandbox.offered`: puts on every layer that takes, checks each, and prints those that
hold.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from omnireel.media.sandbox import Box, Layer, confine, program_files


def main(folder: Path, outer: tuple[Layer, ...]) -> None:
    scratch = folder / "scratch"
    box = Box(program_files(), (scratch,), network=False, memory=2 * 1024**3, cpu_seconds=10)
    own = tuple(layer for layer in Layer if layer is not Layer.BUBBLEWRAP)
    layers = confine(box, (*outer, *own), strict=False)
    (scratch / "mine").write_text("mine")
    sys.stdout.write(" ".join(layer for layer in layers if _holds(layer, folder)))


def _holds(layer: Layer, folder: Path) -> bool:
    match layer:
        case Layer.BUBBLEWRAP | Layer.LANDLOCK:
            return _denied((folder / "secret").read_bytes)
        case Layer.SECCOMP:
            return _denied(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) and _denied(_fork)
        case Layer.NAMESPACE:
            return True


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _denied(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(Layer(word) for word in sys.argv[2:]))
