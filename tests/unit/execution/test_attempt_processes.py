"""What only the local executor promises: processes that die, hang, hoard or peek."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest
from tests.loopback import listening, respond
from tests.media_files import make_image

from omnireel.clock import SystemClock
from omnireel.engines.spec import EngineSpec
from omnireel.errors import EngineUnavailable, NotFound, Unavailable
from omnireel.execution import scratch
from omnireel.execution.base import Ending, Lost, Made
from omnireel.execution.handle import LocalHandle
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.execution.process import ChildProcess
from omnireel.execution.protocol import Done, Phase, encode_event
from omnireel.media import sandbox
from omnireel.media.sandbox import SandboxMode
from omnireel.models import Clip, Failed, MediaKind, MediaRef, Stopped
from omnireel.storage.local import LocalBlobs
from omnireel.testing.executor import BLOB, FAKE, attempt, ending_of, wait_until_working

TOLD = "omnireel.testing.told_engine:ToldEngine"
HOLDING = "omnireel.testing.told_engine:HoldingEngine"
RECALLING = "omnireel.testing.told_engine:RecallingEngine"
Build = Callable[..., LocalExecutor]
PATIENCE = 30.0
QUICK = LocalLimits(stop_grace_seconds=0.3)
PRIVATE = LocalLimits(stop_grace_seconds=30, allow_private=True)


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    built: list[LocalExecutor] = []

    def build(mode: SandboxMode = "auto", limits: LocalLimits = QUICK) -> LocalExecutor:
        blobs = LocalBlobs(tmp_path / "blobs", base_url="http://localhost", secret=b"s", clock=SystemClock())
        executor = LocalExecutor(
            tmp_path / "scratch",
            blobs,
            slots=2,
            cache=tmp_path / "cache",
            limits=limits,
            sandbox_mode=mode,
            engines=[FAKE],
            configured={
                "told": EngineSpec(TOLD, {"api_key": "s3cret-key-of-ours"}),
                "holding": EngineSpec(HOLDING),
                "recalling": EngineSpec(RECALLING),
            },
        )
        built.append(executor)
        return executor

    yield build
    for executor in built:
        executor.close()


def family(handle: LocalHandle) -> list[psutil.Process]:
    """The child and everything it started."""
    assert handle.pid is not None
    child = psutil.Process(handle.pid)
    return [child, *child.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    return not alive


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_a_child_killed_from_outside_is_lost(build: Build, mode: SandboxMode) -> None:
    handle = build(mode).start(attempt("a cat fake:hang"))
    wait_until_working(handle)
    processes = family(handle)
    processes[-1].kill()
    ending = ending_of(handle)
    assert isinstance(ending, Lost)
    assert "signal 9" in ending.reason
    assert gone(processes)


def test_a_child_stopped_by_somebody_else_is_lost_and_not_canceled(build: Build) -> None:
    handle = build("off").start(attempt("a cat fake:seconds=60 fake:steps=600"))
    wait_until_working(handle)
    assert handle.pid is not None
    os.killpg(handle.pid, signal.SIGTERM)
    assert isinstance(ending_of(handle), Lost)


def test_a_stop_reaches_the_engine_within_a_second(build: Build) -> None:
    handle = build(limits=PRIVATE).start(attempt("a cat fake:seconds=60 fake:steps=600"))
    wait_until_working(handle)
    started = time.monotonic()
    handle.stop()
    assert ending_of(handle) == Stopped()
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_a_deaf_child_is_killed_with_its_children(build: Build, mode: SandboxMode) -> None:
    handle = build(mode).start(attempt("a cat fake:deaf"))
    wait_until_working(handle, 0.5)
    deadline = time.monotonic() + PATIENCE
    while mode == "off" and len(family(handle)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    processes = family(handle)
    handle.stop()
    assert handle.poll() is None
    assert ending_of(handle) == Stopped()
    assert gone(processes)


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_an_attempt_over_its_time_is_killed(build: Build, mode: SandboxMode) -> None:
    handle = build(mode, LocalLimits(attempt_seconds=1.0)).start(attempt("a cat fake:hang"))
    processes = family(handle)
    assert ending_of(handle) == Failed("timeout", "the attempt took longer than 1 seconds")
    assert gone(processes)


def test_an_attempt_that_wants_too_much_memory_fails_and_says_so(build: Build) -> None:
    handle = build(limits=LocalLimits(memory=1 << 30)).start(attempt("a cat fake:allocate=2000"))
    assert ending_of(handle) == Failed(
        "engine_failed", "the work needs more memory than the 1024 MiB it may use"
    )


def test_an_attempt_that_fills_the_disk_fails_and_says_so(build: Build) -> None:
    limits = LocalLimits(disk=16 << 20)
    handle = build(limits=limits).start(attempt("a cat fake:fill=64 fake:hang"))
    assert ending_of(handle) == Failed(
        "engine_failed", "the attempt wrote more than the 16 MiB or 10000 files it may use"
    )


def test_what_an_engine_is_told_reaches_it_and_nobody_else(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    executor = build()
    made = executor.start(attempt("a cat", engine="told"))
    ending = ending_of(made)
    assert isinstance(ending, Made)
    assert ending.warnings == ("hello ***",)
    failed = executor.start(attempt("fail", engine="told"))
    assert ending_of(failed) == Failed("engine_failed", "hello ***")
    assert failed.progress.note == "hello ***"
    assert "s3cret" not in caplog.text


def test_a_slot_is_held_by_one_attempt_until_it_is_gone(build: Build) -> None:
    executor = build()
    first = executor.start(attempt("a cat fake:hang", engine="holding"))
    wait_until_working(first)
    warnings: list[str] = []
    for _ in range(2):
        other = executor.start(attempt("a cat", engine="holding"))
        ending = ending_of(other)
        other.close()
        assert isinstance(ending, Made)
        warnings += ending.warnings
        first.kill()
    assert warnings == ["busy", "held"]


def test_a_note_outlives_an_attempt_that_adds_none(build: Build) -> None:
    handle = build().start(replace(attempt(), note="paid: 7"))
    assert isinstance(ending_of(handle), Made)
    assert handle.note == "paid: 7"


def test_a_flood_of_log_lines_is_bounded_and_harmless(build: Build) -> None:
    handle = build().start(attempt("a cat fake:spam=8"))
    assert isinstance(ending_of(handle), Made)


OWNER = """
import sys, time
from pathlib import Path
from omnireel.clock import SystemClock
from omnireel.execution.local import LocalExecutor
from omnireel.storage.local import LocalBlobs
from omnireel.testing.executor import FAKE, attempt, wait_until_working
folder = Path(sys.argv[1])
blobs = LocalBlobs(folder / "blobs", base_url="http://localhost", secret=b"s", clock=SystemClock())
executor = LocalExecutor(
    folder / "scratch", blobs, slots=1, cache=folder / "cache", sandbox_mode=sys.argv[2], engines=[FAKE]
)
handle = executor.start(attempt("a cat fake:deaf"))
wait_until_working(handle, 0.5)
print(handle.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_children_die_with_a_killed_server(tmp_path: Path, mode: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path), mode], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        child = psutil.Process(int(server.stdout.readline()))
        boxed = [process for process in child.children(recursive=True) if mode != "off"]
        server.kill()
    assert gone([child, *boxed])


def test_a_child_outlives_the_thread_that_asked_for_it(build: Build) -> None:
    executor = build()
    handles: list[LocalHandle] = []
    thread = Thread(target=lambda: handles.append(executor.start(attempt("a cat fake:seconds=0.5"))))
    thread.start()
    thread.join()
    assert isinstance(ending_of(handles[0]), Made)


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_a_childs_environment_holds_nothing_of_ours(
    build: Build, mode: SandboxMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "OMNIREEL_API_KEY",
        "OMNIREEL_DATA",
        "AWS_SECRET_ACCESS_KEY",
        "LD_PRELOAD_PATH",
        "PYTHONPATH",
    ):
        monkeypatch.setenv(name, "secret")
    handle = build(mode).start(attempt("a cat fake:hang"))
    wait_until_working(handle)
    for process in family(handle):
        assert set(process.environ()) <= {
            *("PATH", "LANG", "HOME", "TMPDIR", "PWD", "PYTHONHASHSEED"),
            *("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
        }
        assert "secret" not in process.environ().values()


def test_the_engine_runs_in_the_box_that_was_promised(build: Build) -> None:
    handle = build().start(attempt("a cat fake:hang"))
    wait_until_working(handle)
    status = Path(f"/proc/{family(handle)[-1].pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    if sandbox.Layer.SECCOMP in sandbox.offered().layers:
        assert "Seccomp:\t2" in status


def test_scratch_is_removed_whatever_happened(build: Build, tmp_path: Path) -> None:
    executor = build()
    for words in ("", "fake:crash", "fake:bug", "fake:hang"):
        handle = executor.start(attempt(f"a cat {words}"))
        wait_until_working(handle) if words == "fake:hang" else ending_of(handle)
        handle.close()
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == []


def test_no_process_and_no_file_is_left_open(build: Build) -> None:
    executor = build()
    ending_of(first := executor.start(attempt()))
    first.close()
    me = psutil.Process()
    before, others = me.num_fds(), me.children()
    for words in ("", "fake:crash", "fake:hang"):
        handle = executor.start(attempt(f"a cat {words}"))
        wait_until_working(handle) if words == "fake:hang" else ending_of(handle)
        handle.close()
    assert me.num_fds() == before
    assert me.children() == others


def image_at(url: str) -> tuple[MediaRef, ...]:
    return (MediaRef(MediaKind.IMAGE, url),)


def test_an_input_on_the_network_is_fetched_before_the_engine_starts(build: Build, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "picture.png").read_bytes()
    with listening(lambda path, connection: respond(connection, picture)) as server:
        images = image_at(f"http://127.0.0.1:{server.port}/picture.png")
        handle = build(limits=PRIVATE).start(attempt("a cat fake:read", images=images))
        assert isinstance(ending_of(handle), Made)
        assert server.hits == 1


def test_stored_inputs_are_out_of_a_fetching_childs_reach(build: Build, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "picture.png")
    executor = build(limits=PRIVATE)
    stored = LocalBlobs(tmp_path / "blobs", base_url="http://localhost", secret=b"s", clock=SystemClock())
    stored.put(BLOB, picture)
    content, answer = picture.read_bytes(), Event()

    def serve(path: str, connection: socket.socket) -> None:
        answer.wait(PATIENCE)
        respond(connection, content)

    with listening(serve) as server:
        images = (
            MediaRef(MediaKind.IMAGE, f"blob:{BLOB}"),
            *image_at(f"http://127.0.0.1:{server.port}/picture.png"),
        )
        handle = executor.start(attempt("a cat fake:read", images=images))
        deadline = time.monotonic() + PATIENCE
        while not server.hits:
            assert handle.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        within = {file.stat().st_ino for file in handle.scratch.rglob("*")}
        answer.set()
        assert isinstance(ending_of(handle), Made)
    assert stored.path(BLOB).stat().st_ino not in within
    assert stored.path(BLOB).stat().st_ino in {file.stat().st_ino for file in handle.scratch.rglob("*")}


def test_names_are_looked_up_inside_the_fetching_box(build: Build, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "picture.png").read_bytes()
    with listening(lambda path, connection: respond(connection, picture)) as server:
        images = image_at(f"http://localhost:{server.port}/picture.png")
        assert isinstance(ending_of(build(limits=PRIVATE).start(attempt(images=images))), Made)


def test_a_private_address_is_refused_unless_allowed(build: Build) -> None:
    with listening(lambda path, connection: respond(connection, b"x")) as server:
        handle = build().start(attempt(images=image_at(f"http://127.0.0.1:{server.port}/x.png")))
        ending = ending_of(handle)
        assert isinstance(ending, Failed)
        assert ending.type == "fetch_failed"
        assert server.hits == 0


def test_an_input_that_is_no_media_fails_and_names_the_parameter(build: Build) -> None:
    with listening(lambda path, connection: respond(connection, b"<html>hello</html>")) as server:
        images = image_at(f"http://127.0.0.1:{server.port}/picture.png")
        ending = ending_of(build(limits=PRIVATE).start(attempt(images=images)))
    assert isinstance(ending, Failed)
    assert ending.type == "invalid_media"
    assert ending.message.startswith("Invalid format: parameter 'images[0]'")


def test_an_input_outside_the_limits_names_limit_and_value(build: Build, tmp_path: Path) -> None:
    picture = make_image(tmp_path / "small.png", width=100, height=100).read_bytes()
    with listening(lambda path, connection: respond(connection, picture)) as server:
        images = image_at(f"http://127.0.0.1:{server.port}/small.png")
        ending = ending_of(build(limits=PRIVATE).start(attempt(images=images)))
    assert isinstance(ending, Failed)
    assert ending.message.startswith("Value out of range: parameter 'images[0]'")
    assert "300" in ending.message
    assert "100" in ending.message


def test_a_stop_while_fetching_is_obeyed(build: Build) -> None:
    with listening(lambda path, connection: time.sleep(5)) as server:
        images = image_at(f"http://127.0.0.1:{server.port}/slow.png")
        executor = build(limits=PRIVATE)
        handle = executor.start(attempt(images=images))
        deadline = time.monotonic() + PATIENCE
        while not server.hits:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        handle.stop()
        assert ending_of(handle) == Stopped()


def test_kernels_are_prepared_once_and_copied_to_each_attempt(build: Build, tmp_path: Path) -> None:
    executor = build()
    executor.prepare(FAKE)
    (kernels,) = (tmp_path / "cache").rglob("fake.nbi")
    made = kernels.stat().st_mtime_ns
    executor.prepare(FAKE)
    assert kernels.stat().st_mtime_ns == made
    handle = executor.start(attempt("a cat fake:hang"))
    wait_until_working(handle)
    (copy,) = handle.scratch.rglob("fake.nbi")
    assert copy.read_bytes() == kernels.read_bytes()
    assert copy.stat().st_ino != kernels.stat().st_ino
    assert copy.stat().st_nlink == 1


def test_preparing_an_engine_that_is_not_there_says_so(build: Build) -> None:
    with pytest.raises(NotFound, match="installed:"):
        build().prepare("nobody")
    with pytest.raises(EngineUnavailable, match="operator"):
        build().prepare("os:system")


def test_a_disk_that_refuses_a_scratch_folder_refuses_the_attempt(tmp_path: Path, build: Build) -> None:
    (tmp_path / "scratch").write_text("in the way")
    executor = build()
    with pytest.raises(Unavailable, match="scratch"):
        executor.start(attempt())
    assert executor.capacity() == 2


def test_an_attempt_that_cannot_begin_leaves_nothing(tmp_path: Path, build: Build) -> None:
    executor = build()
    executor.close()
    before = psutil.Process().num_fds()
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.start(attempt())
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == []
    assert psutil.Process().num_fds() == before
    assert executor.capacity() == 2


SAYS_DONE = """import os, sys; os.write(int(sys.stdin.read()), b'{"event":"done"}\\n')"""


def test_an_attempt_nobody_can_follow_any_further_is_lost(tmp_path: Path) -> None:
    place = scratch.create(tmp_path)

    def launch(phase: Phase) -> ChildProcess:
        if phase is Phase.RENDER:
            raise RuntimeError("no more threads")
        return ChildProcess(
            [sys.executable, "-c", SAYS_DONE],
            lambda events: str(events).encode(),
            environment={},
            folder=place.parts.work,
        )

    handle = LocalHandle(
        place,
        [(Phase.FETCH, PATIENCE), (Phase.RENDER, PATIENCE)],
        launch,
        grace=1,
        disk=1 << 30,
        note="",
        release=lambda handle: None,
    )
    assert ending_of(handle) == Lost("the attempt could not be followed: RuntimeError")
    handle.close()


def test_a_clip_that_is_a_circle_of_links_is_lost(tmp_path: Path) -> None:
    place = scratch.create(tmp_path)
    circle = place.parts.work / "clip.mp4"
    circle.symlink_to(circle)
    clip = Clip(circle, circle, 64, 36, Fraction(24), 24)
    script = "import os, sys; os.write(int(sys.stdin.read()), bytes.fromhex(sys.argv[1]))"
    handle = LocalHandle(
        place,
        [(Phase.RENDER, PATIENCE)],
        lambda phase: ChildProcess(
            [sys.executable, "-c", script, encode_event(Done(clip)).hex()],
            lambda events: str(events).encode(),
            environment={},
            folder=place.parts.work,
        ),
        grace=1,
        disk=1 << 30,
        note="",
        release=lambda handle: None,
    )
    assert ending_of(handle) == Lost("the clip's file 'clip.mp4' is outside the scratch folder")
    handle.close()


def recalled(build: Build, note: str, *, stop: bool = False) -> Ending:
    """How an attempt ends that is only to call off."""
    handle = build().start(replace(attempt(engine="recalling"), note=note, recall=True))
    if stop:
        handle.stop()
    ending = ending_of(handle)
    handle.close()
    return ending


def test_what_cannot_be_called_off_is_lost_and_may_be_tried_again(build: Build) -> None:
    assert recalled(build, "an order") == Stopped()
    assert recalled(build, "fail") == Lost("nobody answers")
    died = recalled(build, "die")
    assert isinstance(died, Lost)
    assert "status 3" in died.reason


def test_calling_off_that_was_cut_short_did_not_happen(build: Build) -> None:
    assert isinstance(recalled(build, "hang", stop=True), Lost)
