"""What it costs to get frames in and out, in CPU milliseconds a frame.

    python -m benchmarks.media_io [VIDEO]

Without a video it makes one. Reading is timed at the source's size and scaled; writing takes frames as BGR.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.media_files import make_video

from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.writer import ClipWriter
from omnireel.media.x264 import PAINTED, USUAL, Coding

_SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
_FRAMES = 48


def cpu_ms(work: Callable[[], int]) -> float:
    """CPU milliseconds per unit; `work` returns how many units it did."""
    began = time.process_time()
    done = work()
    return (time.process_time() - began) * 1000 / done


def read(path: Path, size: tuple[int, int] | None = None) -> int:
    """Decode a whole video; frames read."""
    with VideoReader(path, sniff(path).format, size) as reader:
        return sum(1 for _ in reader)


def write(path: Path, source: Path, size: tuple[int, int], coding: Coding) -> float:
    """CPU milliseconds to convert, encode and finish one frame."""
    with VideoReader(source, sniff(source).format, size) as reader:
        frames = [frame for _, frame in zip(range(_FRAMES), reader, strict=False)]

    def work() -> int:
        with ClipWriter(path, width=size[0], height=size[1], fps=Fraction(24), coding=coding) as writer:
            for frame in frames:
                writer.write(frame)
        return len(frames)

    return cpu_ms(work)


def report(name: str, size: tuple[int, int], source: Path, folder: Path) -> None:
    """Print one size's figures."""
    native = folder / f"native-{name}.mp4"
    write(native, source, size, USUAL)
    print(f"{name} decode to BGR             {cpu_ms(lambda: read(native)):6.1f} ms/frame")
    print(f"{name} decode, scale from source {cpu_ms(lambda: read(source, size)):6.1f} ms/frame")
    for label, coding in (("veryfast", USUAL), ("painted", PAINTED), ("ultrafast", Coding("ultrafast"))):
        spent = write(folder / "out.mp4", source, size, coding)
        print(f"{name} BGR to {label:<9} H.264    {spent:6.1f} ms/frame")


def main() -> None:
    with TemporaryDirectory() as folder:
        for name, (width, height) in _SIZES.items():
            source = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / f"{name}.mp4"
            if not source.exists():
                make_video(source, width=width, height=height, seconds=5.0)
            report(name, (width, height), source, Path(folder))


if __name__ == "__main__":
    main()
