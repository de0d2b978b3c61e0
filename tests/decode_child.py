"""Decodes every file of a folder in a process of its own, where a decoder's crash is just another result.

Run as a program it prints one JSON object, a `Decoded`. A verdict is what was decoded, or the name
of our error and its sentence; any other exception ends the program.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from omnireel.errors import OmnireelError
from omnireel.media.image import load_image
from omnireel.media.reader import VideoReader
from omnireel.media.sniff import sniff
from omnireel.media.sound import read_audio
from omnireel.models import MediaKind

_MEMORY = 3 * 1024**3
_SECONDS = 120


@dataclass(frozen=True)
class Decoded:
    """What became of each file, and the most memory that took, KiB."""

    verdicts: dict[str, str]
    peak: int


def verdicts(folder: Path) -> dict[str, str]:
    """What became of each file. Fails when the child crashed, hung or met an error that is not ours."""
    return decoded(folder).verdicts


def decoded(folder: Path) -> Decoded:
    """As `verdicts`, with what it cost."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "tests.decode_child", str(folder)],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        cwd=Path(__file__).parent.parent,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return Decoded(**json.loads(done.stdout.splitlines()[-1]))


def _verdict(path: Path) -> str:
    try:
        sniffed = sniff(path)
        if sniffed.kind is MediaKind.IMAGE:
            height, width = load_image(path, sniffed.format).shape[:2]
            return f"{width}x{height}"
        with VideoReader(path, sniffed.format) as reader:
            shapes = [frame.shape for frame in reader]
            reader.sample(3)
        for _ in read_audio(path, sniffed.format, start=reader.facts.start):
            pass
        return f"{len(shapes)} frames of {shapes[0][1]}x{shapes[0][0]}"
    except OmnireelError as error:
        return f"{_name(error)}: {error}"


def _name(error: OmnireelError) -> str:
    """The error's name in our tree, which a private subclass does not have."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == OmnireelError.__module__)


def _peak() -> int:
    """KiB. Unlike the figure of getrusage, this one starts anew when a process becomes another program."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _main(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    found = {path.name: _verdict(path) for path in sorted(folder.iterdir())}
    print(json.dumps({"verdicts": found, "peak": _peak()}))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
