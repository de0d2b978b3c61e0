"""What a handle makes of what it hears; the cluster itself is in the contract tests."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from omnireel.execution import scratch
from omnireel.execution.base import Lost, Made
from omnireel.execution.cluster.handle import QUIET_SECONDS, RayHandle
from omnireel.execution.cluster.messages import (
    Confirm,
    Drop,
    Ended,
    Line,
    News,
    Order,
    Said,
    Stop,
)
from omnireel.models import Clip, Failed, Progress, Stopped
from omnireel.testing.executor import attempt


class Desk:
    """A handle, what it ordered, and how often it was given back."""

    def __init__(self, root: Path) -> None:
        self.orders: list[Order] = []
        self.released = 0
        self.connected = True
        self.place = scratch.create(root)
        self.time = 0.0
        self.handle = RayHandle(7, attempt(), self.place, self._send, self._release, now=lambda: self.time)

    def _send(self, order: Order) -> None:
        if not self.connected:
            raise ConnectionError("the cluster is not connected")
        self.orders.append(order)

    def _release(self, handle: RayHandle) -> None:
        self.released += 1

    def clip(self, folder: Path) -> Clip:
        path, poster = folder / "clip.mp4", folder / "poster.jpg"
        path.write_bytes(b"a clip")
        poster.write_bytes(b"a poster")
        return Clip(path, poster, 64, 36, Fraction(24), 24)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_is_said_shows(desk: Desk) -> None:
    desk.handle.hear(Said(7, News(1, Progress(0.5, "half-way"), note="an order's name")))
    assert desk.handle.poll() is None
    assert desk.handle.progress == Progress(0.5, "half-way")
    desk.handle.confirm("another name")
    desk.handle.confirm("an order's name")
    assert desk.orders == [Confirm(7, "an order's name")]


def test_lines_from_the_node_are_logged_once(desk: Desk) -> None:
    line = Line("warning", "decoder_grumbled", {"source": "child", "node_time": "then"})
    desk.handle.hear(Said(7, News(1, lines=(line,))))
    with capture_logs() as logs:
        desk.handle.poll()
        desk.handle.poll()
    assert logs == [
        {"event": "decoder_grumbled", "log_level": "warning", "source": "child", "node_time": "then"}
    ]


def test_the_first_ending_stands(desk: Desk) -> None:
    desk.handle.hear(Ended(7, Failed("engine_failed", "no")))
    desk.handle.hear(Ended(7, Stopped()))
    desk.handle.lose("too late")
    assert desk.handle.poll() == Failed("engine_failed", "no")
    assert not desk.orders


def test_a_clip_outside_the_scratch_folder_is_not_believed(desk: Desk, tmp_path: Path) -> None:
    desk.handle.hear(Ended(7, Made(desk.clip(tmp_path))))
    assert isinstance(desk.handle.poll(), Lost)


def test_a_clip_inside_it_is(desk: Desk) -> None:
    made = Made(desk.clip(desk.place.parts.work), ("a warning",))
    desk.handle.hear(Ended(7, made))
    assert desk.handle.poll() == made


def test_a_stop_is_ordered_once_and_a_loss_after_it_is_a_stop(desk: Desk) -> None:
    desk.handle.stop(hand_over=True)
    desk.handle.stop()
    assert desk.orders == [Stop(7, hand_over=True)]
    desk.handle.lose("the connection ended")
    assert desk.handle.poll() == Stopped()


def test_closing_drops_the_attempt_and_its_folder_once(desk: Desk) -> None:
    desk.handle.close()
    desk.handle.close()
    assert desk.orders == [Drop(7)]
    assert desk.released == 1
    assert not desk.handle.scratch.exists()
    assert desk.handle.poll() == Lost("the attempt was killed")


def test_a_stop_without_a_connection_does_no_harm(desk: Desk) -> None:
    desk.connected = False
    desk.handle.stop()
    desk.handle.close()
    assert desk.handle.poll() == Stopped()


def test_silence_is_a_loss_only_when_somebody_listened(desk: Desk) -> None:
    desk.time += 3600
    assert desk.handle.poll() is None
    for _ in range(int(QUIET_SECONDS)):
        desk.time += 1.5
        ending = desk.handle.poll()
    assert isinstance(ending, Lost)
    assert desk.orders == [Drop(7)]
