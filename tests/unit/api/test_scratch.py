"""Files on their way in never outstay the process that wrote them by much."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

from omnireel.api.scratch import scratch_file, sweep_arrivals


def test_a_scratch_file_is_gone_when_its_block_ends(tmp_path: Path) -> None:
    with scratch_file(tmp_path) as path:
        path.write_bytes(b"half")

    assert list(tmp_path.iterdir()) == []


def test_only_old_leftovers_are_swept(tmp_path: Path) -> None:
    old, new, foreign = tmp_path / "incoming-old", tmp_path / "incoming-new", tmp_path / "notes.txt"
    for path in (old, new, foreign):
        path.write_bytes(b"x")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    os.utime(foreign, (two_hours_ago, two_hours_ago))

    assert sweep_arrivals(tmp_path, timedelta(hours=1)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["incoming-new", "notes.txt"]
