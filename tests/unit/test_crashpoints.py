from __future__ import annotations

import os
import subprocess
import sys

import pytest

from omnireel.crashpoints import CRASH_POINTS, VARIABLE, Armed, parse

PASSES_TWICE = """
from omnireel.crashpoints import crash_point
crash_point("after_finish")
crash_point("after_claim")
print("first", flush=True)
crash_point("after_claim")
print("second", flush=True)
"""


@pytest.mark.parametrize(
    ("armed", "code", "printed"),
    [
        ("", 0, "first\nsecond\n"),
        ("after_claim", -9, ""),
        ("after_claim:2", -9, "first\n"),
        ("after_claim:3", 0, "first\nsecond\n"),
        ("before_finish", 0, "first\nsecond\n"),
    ],
)
def test_a_process_dies_at_the_armed_pass_of_the_named_place(armed: str, code: int, printed: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PASSES_TWICE],
        env={**os.environ, VARIABLE: armed},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (code, printed)


def test_every_place_can_be_armed() -> None:
    assert [parse(name) for name in CRASH_POINTS] == [Armed(name) for name in CRASH_POINTS]


def test_a_place_nobody_passes_is_refused() -> None:
    with pytest.raises(ValueError, match="must name one of"):
        parse("after_lunch")
