"""A language model directs where it gives a usable script in time; else the rules do, and that is said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.language_model import (
    Habit,
    LanguageModel,
    a_script,
    a_shot,
    answers,
    completion,
    drips,
    floods,
    hangs_up,
    is_silent,
    language_model,
    until,
)

from omnireel.clock import SystemClock
from omnireel.director.direct import direct
from omnireel.engines.spec import EngineSpec
from omnireel.execution.base import Made
from omnireel.execution.consulting import consult
from omnireel.execution.directing import directed
from omnireel.execution.handle import LocalHandle
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.execution.protocol import Bounds, Consultant, Egress, Order, Phase
from omnireel.execution.scripts import (
    MAX_ANSWER,
    NoScript,
    Silence,
    found_script,
    leave_script,
    leave_silence,
)
from omnireel.execution.stages import Stages
from omnireel.models import MediaLimits, Stopped, Storyboard
from omnireel.storage.local import LocalBlobs
from omnireel.testing.engine import RecordingRun
from omnireel.testing.executor import FAKE, attempt, ending_of

KEY = "sk-a-key-of-ours"
TOLD = "omnireel.testing.told_engine:ToldEngine"
UNDIRECTED = "omnireel.testing.told_engine:UndirectedEngine"
NOBODY = "http://127.0.0.1:9/v1"
Build = Callable[..., LocalExecutor]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    built: list[LocalExecutor] = []

    def build(base_url: str, seconds: float = 30.0) -> LocalExecutor:
        executor = LocalExecutor(
            tmp_path / "scratch",
            LocalBlobs(tmp_path / "blobs", base_url="http://x", secret=b"s", clock=SystemClock()),
            slots=1,
            cache=tmp_path / "cache",
            limits=LocalLimits(stop_grace_seconds=30),
            engines=[FAKE],
            configured={
                "undirected": EngineSpec(UNDIRECTED),
                "told": EngineSpec(TOLD, {"api_key": "t0ld-key"}),
            },
            consultant=Consultant(base_url, "a-model", KEY, seconds),
        )
        built.append(executor)
        return executor

    yield build
    for executor in built:
        executor.close()


def made(executor: LocalExecutor, prompt: str = "a cat fake:board", engine: str = FAKE) -> Made:
    handle = executor.start(attempt(prompt, seed=7, engine=engine))
    ending = ending_of(handle)
    handle.close()
    assert isinstance(ending, Made)
    return ending


def sentence(silence: Silence) -> str:
    return f"The rules directed this video and not the language model: {silence}."


def by_rules(silence: Silence) -> tuple[str, ...]:
    return (sentence(silence), "a cat fake:board")


def test_the_script_of_a_language_model_is_what_the_engine_gets(build: Build) -> None:
    with language_model(a_script(a_shot("a cat by the sea"))) as model:
        ending = made(build(model.base_url))
        assert (ending.clip.director, ending.warnings) == ("model", ("a cat by the sea",))
        [question] = model.questions
        assert (question["model"], question["seed"], question["temperature"]) == ("a-model", 7, 0)
        assert model.keys == [f"Bearer {KEY}"]
        assert model.paths == ["/v1/chat/completions"]


def asked_here(folder: Path, base_url: str, seconds: float = 60.0) -> tuple[Storyboard, str, RecordingRun]:
    """What both children do, without children."""
    (folder / "script").mkdir()
    request = attempt("a cat fake:board").request
    bounds = Bounds(cpu_seconds=60, memory=1 << 30, threads=1)
    order = Order(
        phase=Phase.CONSULT,
        engine=FAKE,
        seed=7,
        folder=folder,
        parent=0,
        events=-1,
        layers=(),
        readable=(),
        network=False,
        bounds=bounds,
        limits=MediaLimits(),
        egress=Egress(allow_private=False, seconds=1.0),
        consultant=Consultant(base_url, "a-model", KEY, seconds),
        consulted=True,
    )
    consult(order, request, Stages(lambda event: None))
    run = RecordingRun(folder)
    return *directed(order, request, run), run


@pytest.mark.parametrize(
    ("habit", "silence"),
    [
        (answers(b"Internal error", 500), Silence.REFUSED),
        (answers(b"{}", 401), Silence.REFUSED),
        (answers(b"", 307, ("Location", "http://127.0.0.1:9/")), Silence.REFUSED),
        (answers(b"<html>"), Silence.UNUSABLE),
        (answers(b'{"choices": []}'), Silence.UNUSABLE),
        (answers(b"[" * 100_000), Silence.UNUSABLE),
        (answers(completion("I am afraid I cannot do that.")), Silence.UNUSABLE),
        (answers(completion(a_script(a_shot(seconds=9)))), Silence.UNUSABLE),
        (answers(completion(a_script()[:90], finish="length")), Silence.UNUSABLE),
        (answers(completion(a_script()), 200, ("Content-Encoding", "gzip")), Silence.UNUSABLE),
        (answers(completion("x" * MAX_ANSWER)), Silence.UNUSABLE),
        (floods, Silence.UNUSABLE),
        (hangs_up, Silence.UNREACHED),
        (is_silent, Silence.UNREACHED),
        (drips, Silence.UNREACHED),
    ],
)
def test_whatever_is_wrong_with_the_answer_the_rules_direct(
    habit: Habit, silence: Silence, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with language_model(habit=habit) as model:
        board, director, run = asked_here(
            tmp_path, model.base_url, 0.3 if habit in (is_silent, drips) else 60.0
        )
        assert (board, director) == (direct(attempt("a cat fake:board").request), "rules")
        assert run.warnings == [sentence(silence)]
        assert len(model.questions) == 1
    [line] = caplog.records
    assert line.levelno == logging.WARNING
    assert KEY not in line.getMessage()


def test_where_nobody_listens_the_rules_direct(tmp_path: Path) -> None:
    _, director, run = asked_here(tmp_path, NOBODY)
    assert (director, run.warnings) == ("rules", [sentence(Silence.UNREACHED)])


def test_a_language_model_that_is_too_slow_costs_its_time_and_nothing_else(build: Build) -> None:
    with language_model(habit=drips) as model:
        ending = made(build(model.base_url, 0.5))
        assert (ending.clip.director, ending.warnings) == ("rules", by_rules(Silence.UNREACHED))


def test_an_engine_that_goes_by_the_request_alone_needs_no_director(build: Build) -> None:
    with language_model() as model:
        assert made(build(model.base_url), engine="undirected").clip.director == ""
        assert model.questions == []


def test_the_key_is_seen_by_whoever_asks_and_by_nobody_else(
    build: Build, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Also where a model says it back, in a script and in what goes wrong with one."""
    caplog.set_level(logging.DEBUG)
    with language_model(a_script(a_shot(f"a cat and {KEY}"))) as model:
        ending = made(build(model.base_url))
        assert KEY not in str(ending.warnings)
    with language_model(habit=answers(completion(f'{{"{KEY}": 1}}'))) as model:
        assert KEY not in str(made(build(model.base_url)))
    said = capfd.readouterr()
    assert KEY not in said.out + said.err + caplog.text


def waiting(executor: LocalExecutor, model: LanguageModel) -> LocalHandle:
    """An attempt whose language model has been asked and does not answer."""
    handle = executor.start(attempt("a cat fake:board"))

    def asked() -> bool:
        assert handle.poll() is None
        return len(model.questions) == 1

    until(asked)
    return handle


def test_a_stop_reaches_whoever_waits_for_a_script(build: Build) -> None:
    with language_model(habit=is_silent) as model:
        handle = waiting(build(model.base_url, 600), model)
        handle.stop()
        assert ending_of(handle) == Stopped()


def test_a_child_that_dies_asking_leaves_it_to_the_rules(build: Build) -> None:
    with language_model(habit=is_silent) as model:
        handle = waiting(build(model.base_url, 600), model)
        assert handle.pid is not None
        psutil.Process(handle.pid).kill()
        ending = ending_of(handle)
        assert isinstance(ending, Made)
        assert (ending.clip.director, ending.warnings) == ("rules", by_rules(Silence.UNREACHED))


def test_whoever_asks_sees_no_media_and_whoever_renders_no_key(build: Build) -> None:
    executor = build(NOBODY)
    orders = []
    launcher = executor._launcher
    for phase in Phase:
        handle = executor._begin(attempt("a cat", engine="told"))
        orders.append(launcher._order(phase, handle._place.parts, "told", attempt("a cat", engine="told")))
        handle.close()
    for order in orders:
        assert (order.consultant is not None) == (order.phase is Phase.CONSULT)
        assert bool(order.options) == (order.phase in (Phase.PREPARE, Phase.RENDER, Phase.RECALL))
        assert order.consulted == (order.phase is Phase.RENDER)


def test_what_a_child_left_is_read_with_care(tmp_path: Path) -> None:
    def silence() -> str:
        with pytest.raises(NoScript) as caught:
            found_script(tmp_path)
        return str(caught.value)

    assert silence() == Silence.UNREACHED
    leave_silence(tmp_path, Silence.REFUSED)
    assert silence() == Silence.REFUSED
    leave_script(tmp_path, "{\ud800}")
    assert found_script(tmp_path) == "{\ud800}"
    [file] = tmp_path.iterdir()
    for left in (b"", b"{", b"[]", b"[" * 100_000, b'{"silence": "BOREDOM"}', b'{"script": 5}', b"\xff"):
        file.write_bytes(left)
        assert silence() == Silence.UNUSABLE
    file.unlink()
    file.symlink_to(tmp_path)
    assert silence() == Silence.UNREACHED
