"""Clips ordered from a second Omnireel: fetched whole, paid once, called off when nobody wants them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import av
import pytest
from tests.real_server import clean_environment
from tests.service.house import House
from tests.service.upstream import Upstream, upstream

from omnireel.crashpoints import VARIABLE
from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.engines.upstream.modellix import ModellixEngine
from omnireel.errors import (
    Canceled,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    HandedOver,
    OutcomeUnknown,
    WorkerLost,
)
from omnireel.models import Clip, Job, MediaKind, MediaRef, Mode, Succeeded, TaskStatus, VideoRequest
from omnireel.testing.engine import RecordingRun

KIND = "omnireel.engines.upstream.modellix:ModellixEngine"
PATIENCE = 60.0
PICTURE = MediaRef(MediaKind.IMAGE, "blob:picture")

Open = Callable[..., AbstractContextManager[Upstream]]


@pytest.fixture
def opened(standing: House, port: int, tmp_path: Path) -> Open:
    return partial(upstream, standing, port, tmp_path / "there")


@pytest.fixture
def there(opened: Open) -> Iterator[Upstream]:
    with opened() as found:
        yield found


@dataclass
class StubbornRun(RecordingRun):
    """Raises `raised` at the first report with this note."""

    at: str = ""
    raised: type[Canceled] = Canceled
    seen: list[str] = field(default_factory=list)

    def report(self, progress: float, note: str = "") -> None:
        super().report(progress, note)
        if self.at and self.at in note:
            raise self.raised("the test stopped the run")


def engine(there: Upstream, **more: object) -> ModellixEngine:
    made = make_engine("hosted", EngineSpec(KIND, there.options(**more)), threads=1)
    assert isinstance(made, ModellixEngine)
    return made


def job(prompt: str = "a cat fake:warn", **more: Any) -> Job:
    request = VideoRequest("kling/kling-video-o1", prompt, mode=Mode.STD, **more)
    return Job(request, direct(request))


def made(there: Upstream, run: RecordingRun, prompt: str = "a cat fake:warn", **more: object) -> Clip:
    return engine(there, **more).generate(job(prompt), run)


def test_a_clip_is_ordered_followed_and_fetched_as_it_is(there: Upstream, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path, seed=77)
    clip = made(there, run)
    [order] = there.orders
    assert isinstance(order.outcome, Succeeded)
    stored = tmp_path / "stored.mp4"
    there.house.blobs.get(order.outcome.resources[0].key, stored)
    assert clip.path.read_bytes() == stored.read_bytes()
    assert (clip.width, clip.height, clip.frames, clip.has_audio) == (64, 36, 24, False)
    assert clip.poster.read_bytes().startswith(b"\xff\xd8\xff")
    assert run.warnings == ["the fake engine was told to warn"]
    assert order.outcome.seed == 77
    values = [value for value, _ in run.reports]
    assert values == sorted(values)
    assert [json.loads(note)["order_id"] for note in run.notes] == ["", order.task_id]


def test_what_the_other_side_does_not_know_is_left_out_and_said(there: Upstream, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path)
    asked = job("a cat", negative_prompt="rain", seed=4)
    engine(there, extensions=False).generate(asked, run)
    assert there.orders[0].request.negative_prompt is None
    assert run.warnings == [
        "The upstream does not know 'seed', so it was left out.",
        "The upstream does not know 'negative_prompt', so it was left out.",
    ]


def test_pictures_go_along(there: Upstream, tmp_path: Path, picture: bytes) -> None:
    here = tmp_path / "picture"
    here.write_bytes(picture)
    run = RecordingRun(tmp_path, inputs={PICTURE: here})
    engine(there).generate(job("Start from <<<image_1>>>", images=(PICTURE,)), run)
    [sent] = there.orders[0].request.images
    assert sent.blob_key is not None
    there.house.blobs.get(sent.blob_key, tmp_path / "sent")
    assert (tmp_path / "sent").read_bytes() == picture


def test_a_later_attempt_follows_the_order_of_an_earlier_one(there: Upstream, tmp_path: Path) -> None:
    first = StubbornRun(_folder(tmp_path / "1"), at="upstream", raised=HandedOver)
    with pytest.raises(HandedOver):
        made(there, first)
    made(there, RecordingRun(_folder(tmp_path / "2"), note=first.note))
    assert len(there.orders) == 1


def test_a_cancel_before_the_order_orders_nothing(there: Upstream, tmp_path: Path) -> None:
    with pytest.raises(Canceled):
        made(there, StubbornRun(tmp_path, at="ordering"))
    assert there.orders == ()


def test_a_cancel_calls_the_order_off(there: Upstream, tmp_path: Path) -> None:
    run = StubbornRun(tmp_path, at="upstream")
    with pytest.raises(Canceled):
        made(there, run, "a cat fake:seconds=30 fake:steps=300")
    assert run.note == ""
    deadline = time.monotonic() + PATIENCE
    while there.orders[0].status is not TaskStatus.CANCELED:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_an_attempt_that_is_gone_ordered_is_called_off(opened: Open, tmp_path: Path) -> None:
    first = StubbornRun(tmp_path, at="upstream", raised=HandedOver)
    with opened() as there:
        with pytest.raises(HandedOver):
            made(there, first, "a cat fake:seconds=30 fake:steps=300")
        for _ in range(2):
            engine(there).recall(first.note)
        deadline = time.monotonic() + PATIENCE
        while there.orders[0].status is not TaskStatus.CANCELED:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for nothing in ("", first.notes[0], json.dumps({"key": "k", "order_id": "task-t2v-nobody"})):
            engine(there).recall(nothing)
    with pytest.raises(EngineUnavailable, match="cannot be called off now"):
        engine(there, timeout_seconds=0.5).recall(first.note)


def test_an_order_that_fails_there_says_why(there: Upstream, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"the upstream failed: .*told to fail"):
        made(there, RecordingRun(tmp_path), "a cat fake:fail")


def test_a_forgotten_order_is_lost_and_not_made_again(there: Upstream, tmp_path: Path) -> None:
    note = json.dumps({"key": "k", "until": 0, "order_id": "task-t2v-nobody"})
    with pytest.raises(EngineLost, match="knows nothing of the order"):
        made(there, RecordingRun(tmp_path, note=note))
    assert there.orders == ()


def test_an_upstream_that_went_away_is_waited_for_and_then_given_up(opened: Open, tmp_path: Path) -> None:
    run = StubbornRun(_folder(tmp_path / "1"), at="upstream", raised=HandedOver)
    with opened() as there, pytest.raises(HandedOver):
        made(there, run, "a cat fake:seconds=1")
    with pytest.raises(EngineLost, match="away for too long"):
        made(there, RecordingRun(_folder(tmp_path / "2"), note=run.note), patience_seconds=0.0)


def test_an_upstream_that_cannot_be_reached_takes_no_order(opened: Open, tmp_path: Path) -> None:
    with opened() as there:
        pass
    with pytest.raises(EngineUnavailable, match="takes no orders now"):
        made(there, RecordingRun(tmp_path), timeout_seconds=0.5)


def test_an_order_that_may_exist_is_asked_for_later_and_made_by_nobody_else(
    opened: Open, tmp_path: Path
) -> None:
    """`WorkerLost` is tried again; `EngineUnavailable` would let another engine make it, and be paid too."""
    with opened() as there:
        note = _killed(there, tmp_path / "note", "after_pay")
    with pytest.raises(WorkerLost, match="an earlier order cannot be asked for"):
        made(there, RecordingRun(tmp_path, note=note), "a cat", timeout_seconds=0.5)


def test_a_key_that_is_not_taken_is_not_shown(there: Upstream, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        made(there, RecordingRun(tmp_path), api_key="omr_live_nobodys")
    assert str(caught.value) == "the upstream does not take this server's key"


@pytest.mark.parametrize("promises", [True, False])
@pytest.mark.parametrize(("point", "orders"), [("before_pay", 0), ("after_pay", 1), ("after_remember", 1)])
def test_a_kill_around_the_payment_never_pays_twice(
    opened: Open, tmp_path: Path, point: str, orders: int, promises: bool
) -> None:
    with opened(promises=promises) as there:
        note = _killed(there, tmp_path / "note", point)
        assert len(there.orders) == orders
        again = RecordingRun(_folder(tmp_path / "again"), note=note)
        if promises or point == "after_remember":
            made(there, again, "a cat")
            assert len(there.orders) == 1
        else:
            with pytest.raises(OutcomeUnknown, match="nobody can tell whether the order arrived"):
                made(there, again, "a cat")
            assert len(there.orders) == orders


ATTEMPT = """
import json, sys
from pathlib import Path
from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.models import Job, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

class Kept(RecordingRun):
    def remember(self, note):
        super().remember(note)
        Path(sys.argv[1]).write_text(note)

request = VideoRequest("kling/kling-video-o1", "a cat", mode=Mode.STD)
spec = EngineSpec(sys.argv[2], json.loads(sys.argv[3]))
make_engine("hosted", spec, threads=1).generate(Job(request, direct(request)), Kept(Path(sys.argv[1]).parent))
"""


def _killed(there: Upstream, note: Path, point: str) -> str:
    """What an attempt leaves behind that dies at a named place."""
    ran = subprocess.run(
        [sys.executable, "-c", ATTEMPT, str(note), KIND, json.dumps(there.options())],
        env=clean_environment(**{VARIABLE: point}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == -9, ran.stderr
    return note.read_text()


def test_two_attempts_at_once_under_one_note_make_one_order(there: Upstream, tmp_path: Path) -> None:
    """As when a worker is frozen while it orders, and another takes over."""
    note = _killed(there, tmp_path / "note", "before_pay")
    runs = [RecordingRun(_folder(tmp_path / str(n)), note=note) for n in range(2)]
    threads = [Thread(target=made, args=(there, run, "a cat")) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(there.orders) == 1
    for run in runs:
        with av.open(str(run.scratch / "clip.mp4")) as container:
            assert sum(1 for _ in container.decode(video=0)) == 24


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
