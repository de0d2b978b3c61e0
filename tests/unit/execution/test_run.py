from __future__ import annotations

import math
from pathlib import Path

import pytest

from omnireel.errors import Canceled, HandedOver
from omnireel.execution.protocol import (
    HANDOVER,
    MAX_NOTE,
    MAX_TEXT,
    MAX_WARNINGS,
    STORED,
    AnyEvent,
    Remembered,
    Reported,
    Warned,
)
from omnireel.execution.run import ChildRun
from omnireel.models import MediaKind, MediaLimits, MediaRef

REF = MediaRef(MediaKind.IMAGE, "blob:a")


class Parent:
    """The other end of the pipe."""

    def __init__(self) -> None:
        self.heard: list[AnyEvent] = []
        self.stopped = False
        self.said = b""

    def run(self) -> ChildRun:
        return ChildRun(
            Path("work"),
            7,
            "earlier",
            {REF: Path("in/0")},
            MediaLimits(),
            self.heard.append,
            lambda: self.stopped,
            self.answers,
        )

    def answers(self) -> bytes:
        said, self.said = self.said, STORED
        return said


def test_reports_go_up_and_never_back() -> None:
    parent = Parent()
    run = parent.run()
    for value, note in ((0.5, "a"), (0.2, "b"), (-1.0, "c"), (math.nan, "d"), (7.0, "e")):
        run.report(value, note)
    assert parent.heard == [
        Reported(0.5, "a"), Reported(0.5, "b"), Reported(0.5, "c"), Reported(0.5, "d"), Reported(1.0, "e"),
    ]  # fmt: skip


def test_reports_in_quick_succession_are_thinned_but_the_last_is_sent() -> None:
    parent = Parent()
    run = parent.run()
    for step in range(1001):
        run.report(step / 1000, "painting")
    assert len(parent.heard) < 100
    assert parent.heard[-1] == Reported(1.0, "painting")


def test_a_report_after_a_stop_raises() -> None:
    parent = Parent()
    run = parent.run()
    parent.stopped = True
    with pytest.raises(Canceled):
        run.report(0.5)
    assert not parent.heard


def test_a_warning_is_told_once_and_warnings_are_bounded() -> None:
    parent = Parent()
    run = parent.run()
    for number in range(3 * MAX_WARNINGS):
        run.warn(f"warning {number}")
        run.warn(f"warning {number}")
    run.warn("x" * 5000)
    assert len(parent.heard) == MAX_WARNINGS
    assert parent.heard[0] == Warned("warning 0")


def test_long_sentences_are_cut_and_long_notes_refused() -> None:
    parent = Parent()
    run = parent.run()
    run.warn("x" * 5000)
    run.report(0.1, "y" * 5000)
    run.remember("z" * MAX_NOTE)
    assert parent.heard == [Warned("x" * MAX_TEXT), Reported(0.1, "y" * MAX_TEXT), Remembered("z" * MAX_NOTE)]
    with pytest.raises(ValueError, match="16385"):
        run.remember("z" * (MAX_NOTE + 1))


def test_a_note_is_kept_once_and_known_afterwards() -> None:
    parent = Parent()
    run = parent.run()
    assert run.note == "earlier"
    run.remember("earlier")
    run.remember("later")
    run.remember("later")
    assert run.note == "later"
    assert parent.heard == [Remembered("later")]


def test_what_was_begun_is_written_down_even_after_a_stop() -> None:
    parent = Parent()
    parent.stopped = True
    run = parent.run()
    run.remember("begun")
    assert run.note == "begun"


@pytest.mark.parametrize(("said", "raised"), [(b"", Canceled), (STORED, Canceled), (HANDOVER, HandedOver)])
def test_a_stop_says_whether_somebody_goes_on(said: bytes, raised: type[Canceled]) -> None:
    parent = Parent()
    parent.stopped, parent.said = True, said
    with pytest.raises(Canceled) as caught:
        parent.run().report(0.5)
    assert type(caught.value) is raised


def test_only_the_attempts_own_inputs_can_be_opened() -> None:
    run = Parent().run()
    assert run.open(REF) == Path("in/0")
    with pytest.raises(KeyError):
        run.open(MediaRef(MediaKind.IMAGE, "blob:b"))
