"""What every engine must do. Subclass `EngineContract`, give it an `engine` fixture and `jobs`."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import ClassVar

import av
import pytest

from omnireel.engines.base import Engine, Model
from omnireel.engines.link import Link
from omnireel.errors import Canceled
from omnireel.execution.model_process import answer_all
from omnireel.models import Clip, Job, MediaLimits, MediaRef


@dataclass
class RecordingRun:
    """A `Run` that keeps what it is told. From its `stop_at`-th report on it raises Canceled."""

    scratch: Path
    seed: int = 1
    inputs: Mapping[MediaRef, Path] = field(default_factory=dict)
    limits: MediaLimits = field(default_factory=MediaLimits)
    stop_at: int | None = None
    reports: list[tuple[float, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    note: str = ""
    taken: set[int] = field(default_factory=set)
    """Slots that somebody else holds."""
    held: set[int] = field(default_factory=set)
    kept: Model | None = None
    """What answers on the other side of `model`."""

    def open(self, ref: MediaRef) -> Path:
        return self.inputs[ref]

    def report(self, progress: float, note: str = "") -> None:
        self.reports.append((progress, note))
        if self.stop_at is not None and len(self.reports) >= self.stop_at:
            raise Canceled("the test stopped the run")

    def hold(self, slot: int) -> bool:
        if slot not in self.taken:
            self.held.add(slot)
        return slot in self.held

    def let_go(self, slot: int) -> None:
        self.held.discard(slot)

    def model(self) -> Link:
        kept = self.kept
        assert kept is not None, "this run has no model"
        ours, theirs = socket.socketpair()
        Thread(target=answer_all, args=(Link(theirs), lambda: kept), daemon=True).start()
        link = Link(ours, lambda: self.report(*(self.reports[-1] if self.reports else (0.0, ""))))
        link.receive()
        return link

    def remember(self, note: str) -> None:
        self.notes.append(note)
        self.note = note

    def warn(self, text: str) -> None:
        self.warnings.append(text)


@dataclass(frozen=True)
class EngineCase:
    """A job and the files its inputs lie in. Short clips keep the suite quick."""

    job: Job
    inputs: Mapping[MediaRef, Path] = field(default_factory=dict)


class EngineContract:
    """Tests that any `Engine` passes. `cases` holds at least one case of each kind it can make."""

    cases: ClassVar[Sequence[EngineCase]] = ()

    @pytest.fixture
    def engine(self) -> Engine:
        raise NotImplementedError("give the suite an engine")

    def test_it_says_what_it_can_make(self, engine: Engine) -> None:
        assert engine.name
        assert engine.capabilities.kinds
        assert {case.job.storyboard.kind for case in self.cases} == set(engine.capabilities.kinds)

    def test_it_accepts_what_it_can_make(self, engine: Engine) -> None:
        for case in self.cases:
            engine.check(case.job.request)

    def test_progress_goes_from_zero_to_one_and_never_back(self, engine: Engine, tmp_path: Path) -> None:
        for number, case in enumerate(self.cases):
            values = [value for value, _ in _made(engine, case, tmp_path / str(number))[1].reports]
            assert values == sorted(values)
            assert 0 <= values[0] < 0.5
            assert values[-1] == pytest.approx(1.0)
            assert len(values) >= 3

    def test_a_cancel_is_obeyed_at_the_report_it_reaches(self, engine: Engine, tmp_path: Path) -> None:
        for number, case in enumerate(self.cases):
            run = RecordingRun(_folder(tmp_path / str(number)), inputs=case.inputs, stop_at=2)
            with pytest.raises(Canceled):
                engine.generate(case.job, run)
            assert len(run.reports) == 2

    def test_a_run_after_a_canceled_one_is_complete(self, engine: Engine, tmp_path: Path) -> None:
        case = self.cases[0]
        with pytest.raises(Canceled):
            engine.generate(case.job, RecordingRun(_folder(tmp_path / "a"), inputs=case.inputs, stop_at=1))
        clip, _ = _made(engine, case, tmp_path / "b")
        assert clip.path.stat().st_size

    def test_the_same_seed_makes_the_same_bytes(self, engine: Engine, tmp_path: Path) -> None:
        for number, case in enumerate(self.cases):
            first, _ = _made(engine, case, tmp_path / f"{number}-first")
            second, _ = _made(engine, case, tmp_path / f"{number}-second")
            assert _digest(first.path) == _digest(second.path)
            assert _digest(first.poster) == _digest(second.poster)

    def test_the_clip_is_what_it_says(self, engine: Engine, tmp_path: Path) -> None:
        for number, case in enumerate(self.cases):
            clip, _ = _made(engine, case, tmp_path / str(number))
            _check_video(clip)
            _check_poster(clip)
            assert sum(shot.frames for shot in clip.shots) == clip.frames

    def test_nothing_is_written_outside_the_scratch_folder(
        self, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = _folder(tmp_path / "elsewhere")
        for name in ("HOME", "TMPDIR"):
            monkeypatch.setenv(name, str(elsewhere))
        monkeypatch.chdir(elsewhere)
        for number, case in enumerate(self.cases):
            clip, run = _made(engine, case, tmp_path / f"scratch-{number}")
            assert clip.path.resolve().is_relative_to(run.scratch.resolve())
            assert clip.poster.resolve().is_relative_to(run.scratch.resolve())
        assert list(elsewhere.iterdir()) == []

    def test_inputs_are_left_as_they_were(self, engine: Engine, tmp_path: Path) -> None:
        for number, case in enumerate(self.cases):
            before = {path: _digest(path) for path in case.inputs.values()}
            _made(engine, case, tmp_path / str(number))
            assert {path: _digest(path) for path in case.inputs.values()} == before

    def test_it_can_be_closed_twice(self, engine: Engine) -> None:
        engine.close()
        engine.close()


def _made(engine: Engine, case: EngineCase, scratch: Path) -> tuple[Clip, RecordingRun]:
    run = RecordingRun(_folder(scratch), inputs=case.inputs)
    return engine.generate(case.job, run), run


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _check_video(clip: Clip) -> None:
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.average_rate == clip.fps
        assert bool(container.streams.audio) == clip.has_audio
        frames = list(container.decode(video=0))
    assert len(frames) == clip.frames
    assert {(frame.width, frame.height) for frame in frames} == {(clip.width, clip.height)}


def _check_poster(clip: Clip) -> None:
    assert clip.poster.read_bytes().startswith(b"\xff\xd8\xff")
    with av.open(str(clip.poster)) as container:
        frame = next(iter(container.decode(video=0)))
    assert (frame.width, frame.height) == (clip.width, clip.height)
