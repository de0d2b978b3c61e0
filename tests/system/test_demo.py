"""`omnireel demo`, whole: the first thing a visitor runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import httpx2
import pytest

from omnireel.media.reader import VideoReader


def told(said: Path, pattern: str) -> str:
    """What the pattern's group caught; the words may be a moment behind the data."""
    for _ in range(200):
        found = re.search(pattern, said.read_text())
        if found is not None:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(said.read_text())


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(420)
def test_the_demo_leaves_a_clay_clip_and_a_picture_and_stops_its_server(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OMNIREEL_")}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "omnireel", "demo", "--keep"],
            cwd=tmp_path, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    paths = [process.stdout.readline(), process.stdout.readline()]
    address = told(tmp_path / "said", r"server at (http://127\.0\.0\.1:\d+)")
    told(tmp_path / "said", r"runs until (Ctrl-C)")

    assert paths == ["demo-output/clay.mp4\n", "demo-output/before-after.png\n"]
    assert httpx2.get(f"{address}/readyz", trust_env=False).status_code == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    process.stdout.close()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{address}/readyz", trust_env=False)

    with VideoReader(tmp_path / "demo-output" / "clay.mp4", "mp4") as reader:
        assert (reader.facts.height, len(reader), float(reader.fps)) == (720, 120, 24.0)
    sheet = cv2.imread(str(tmp_path / "demo-output" / "before-after.png"))
    assert sheet is not None
    rows = sheet[: sheet.shape[0] // 2], sheet[sheet.shape[0] // 2 :]
    assert [row.std() > 20 for row in rows] == [True, True]
