"""A child process seen from outside, with scripts in the place of the real child."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from omnireel.execution.process import LOG_TAIL, ChildProcess
from omnireel.execution.protocol import MAX_EVENTS, MAX_LINE, AnyEvent, Reported, Warned, events_allowed

HEAD = "import os, signal, sys, time; pipe = int(sys.stdin.read()); say = lambda data: os.write(pipe, data)\n"
PATIENCE = 30.0

Start = Callable[[str], ChildProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[ChildProcess] = []

    def start(script: str) -> ChildProcess:
        child = ChildProcess(
            [sys.executable, "-c", HEAD + script],
            lambda events: str(events).encode(),
            environment={"PATH": "/usr/bin:/bin"},
            folder=tmp_path,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close()


def everything(child: ChildProcess) -> list[AnyEvent]:
    """What it says until it has exited."""
    events: list[AnyEvent] = []
    deadline = time.monotonic() + PATIENCE
    while True:
        exited = child.exited()
        events += child.pump()
        if exited:
            return events
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_events_arrive_in_order(start: Start) -> None:
    child = start("""for i in range(5): say(b'{"event":"progress","value":0.%d,"note":"n"}\\n' % i)""")
    assert everything(child) == [Reported(i / 10, "n") for i in range(5)]


def test_an_event_in_pieces_is_put_together(start: Start) -> None:
    child = start(
        """for byte in b'{"event":"warn","text":"slow"}\\n': say(bytes([byte])); time.sleep(0.002)"""
    )
    assert everything(child) == [Warned("slow")]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"hello",
        b"\x00\xff",
        b'{"event":"nothing"}',
        b'{"event":"progress","value":"half","note":""}',
        b'{"event":"progress","value":NaN,"note":""}',
        b'{"event":"progress","value":0.5,"note":"","more":1}',
        b'{"event":"done","clip":{"path":"x"}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"1/0","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"many","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"1e1000000000","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"1e400","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"24","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"24.5","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"+24/1","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"24/1\\n","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"1234567890123/1","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":"\\u0662/1","frames":1}}',
        b'{"event":"done","clip":{"path":"x","poster":"x","width":1,"height":1,"fps":24,"frames":1}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_an_error(line: bytes, start: Start, tmp_path: Path) -> None:
    (tmp_path / "line").write_bytes(line + b"\n")
    child = start("say(open('line', 'rb').read())")
    with pytest.raises(ValueError, match="event"):
        everything(child)


def test_a_line_without_an_end_is_an_error(start: Start) -> None:
    child = start("while True: say(b'x' * 60000)")
    with pytest.raises(ValueError, match=f"{MAX_LINE} bytes"):
        everything(child)


def test_too_many_events_are_an_error(start: Start) -> None:
    child = start("""while True: say(b'{"event":"warn","text":""}\\n' * 1000)""")
    with pytest.raises(ValueError, match=r"more than \d+ events"):
        everything(child)


def test_a_child_that_reports_ten_times_a_second_may_go_on_for_days() -> None:
    assert events_allowed(0) == MAX_EVENTS
    assert events_allowed(72 * 3600) > 72 * 3600 * 10


def test_events_are_counted_against_the_time_a_child_has_run(tmp_path: Path) -> None:
    day = iter([0.0, *[24 * 3600.0] * MAX_EVENTS])
    said = MAX_EVENTS + 1000
    child = ChildProcess(
        [sys.executable, "-c", HEAD + f"""say(b'{{"event":"warn","text":""}}\\n' * {said})"""],
        lambda events: str(events).encode(),
        environment={"PATH": "/usr/bin:/bin"},
        folder=tmp_path,
        now=lambda: next(day),
    )
    try:
        assert len(everything(child)) == said
    finally:
        child.close()


def test_a_log_of_any_size_keeps_its_end(start: Start) -> None:
    child = start("for i in range(300): sys.stderr.write('x' * 65536)\nsys.stderr.write('the end')")
    everything(child)
    assert len(child.log) == LOG_TAIL
    assert child.log.endswith("the end")


def test_standard_output_goes_nowhere(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    everything(start("print('hello')"))
    assert capfd.readouterr() == ("", "")


def test_it_says_how_it_ended(start: Start) -> None:
    killed, left = start("os.kill(os.getpid(), 11)"), start("sys.exit('no such thing')")
    everything(killed)
    everything(left)
    assert killed.obituary() == "the child process was killed by signal 11"
    assert left.obituary() == "the child process exited with status 1 and no result: no such thing"


def test_a_signal_sent_at_once_waits_for_its_handler(start: Start) -> None:
    child = start(
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); time.sleep(0.2)\n"
        "signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM}); time.sleep(30)"
    )
    child.signal(signal.SIGTERM)
    everything(child)
    assert "status 7" in child.obituary()


def test_closing_ends_its_whole_group(start: Start, tmp_path: Path) -> None:
    child = start(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "import subprocess; p = subprocess.Popen(['sleep', '600'])\n"
        "open('pid', 'w').write(str(p.pid)); os.rename('pid', 'grandchild'); time.sleep(600)"
    )
    grandchild = grandchild_of(tmp_path)
    child.close()
    grandchild.wait(timeout=10)


def test_an_exit_takes_the_group_along(start: Start, tmp_path: Path) -> None:
    child = start(
        "import subprocess; p = subprocess.Popen(['sleep', '600'])\n"
        "open('pid', 'w').write(str(p.pid)); os.rename('pid', 'grandchild')"
    )
    everything(child)
    grandchild_of(tmp_path, gone=True)


def grandchild_of(folder: Path, *, gone: bool = False) -> psutil.Process:
    deadline = time.monotonic() + PATIENCE
    while not (folder / "grandchild").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid = int((folder / "grandchild").read_text())
    if not gone:
        return psutil.Process(pid)
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return psutil.Process()


def test_it_inherits_no_files_but_its_pipes(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "open").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        child = start("open('fds', 'w').write(' '.join(sorted(os.listdir('/proc/self/fd'), key=int)[:-1]))")
        everything(child)
    names = (tmp_path / "fds").read_text().split()
    assert names[:3] == ["0", "1", "2"]
    assert len(names) <= 5


def test_its_environment_is_what_it_was_given(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIREEL_SECRET", "secret")
    everything(start("open('env', 'w').write(' '.join(sorted(os.environ)))"))
    assert set((tmp_path / "env").read_text().split()) <= {"PATH", "LC_CTYPE"}


def test_nothing_is_left_open_when_it_cannot_start(tmp_path: Path) -> None:
    before = open_files()
    for _ in range(5):
        with pytest.raises(FileNotFoundError):
            ChildProcess(["/no/such/program"], lambda events: b"", environment={}, folder=tmp_path)
    assert open_files() == before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
