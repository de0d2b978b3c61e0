from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ENCODE = """
import sys
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
import numpy as np
from omnireel.media.writer import ClipWriter

width, height, path = int(sys.argv[1]), 96, Path(sys.argv[2])
y, x = np.mgrid[0:height, 0:width]
random = np.random.default_rng(1)
with ClipWriter(path, width=width, height=height, fps=Fraction(24)) as writer:
    for step in range(12):
        wave = [127 + 80 * np.sin((x + 2 * step) / 7 + y / 11), 127 + 90 * np.sin(x / 5 - (y + step) / 6), y]
        noise = random.normal(0, 6, (height, width, 3))
        writer.write(np.clip(np.stack(wave, -1) + noise, 0, 255).astype(np.uint8))
print(sha256(path.read_bytes()).hexdigest())
"""


@pytest.mark.parametrize("width", [720, 960, 1080, 1280])
def test_a_clip_does_not_depend_on_what_memory_held_before(tmp_path: Path, width: int) -> None:
    digests = {
        # glibc fills what it hands out with this byte, turned over.
        subprocess.run(
            [sys.executable, "-c", _ENCODE, str(width), str(tmp_path / f"{fill}.mp4")],
            env={**os.environ, "MALLOC_PERTURB_": fill},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for fill in ("1", "85", "170")
    }
    assert len(digests) == 1
