"""M5 of the security catalogue: a child process that tries everything it should not."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from omnireel.errors import Unavailable
from omnireel.media import sandbox
from omnireel.media.landlock import landlock_abi
from omnireel.media.sandbox import PATH, PYTHON, Box, Layer, SandboxLevel, enclosed, program_files

OWN = (Layer.NAMESPACE, Layer.LANDLOCK, Layer.SECCOMP)
ORDINARY = (Layer.LANDLOCK, Layer.SECCOMP)

PROBE = """
import json, os, resource, signal, socket, subprocess, sys, threading
from pathlib import Path
from omnireel.media.sandbox import Box, Layer, confine

facts = json.loads(sys.argv[1])
scratch, outside, port = Path(facts["scratch"]), Path(facts["outside"]), facts["port"]
box = Box(tuple(map(Path, facts["readable"])), (scratch,), network=False, memory=2 << 30, cpu_seconds=20)
confine(box, [Layer(name) for name in facts["layers"]])

def tcp(): socket.create_connection(("127.0.0.1", port), 2)
def tcp6(): socket.socket(socket.AF_INET6).connect(("::1", port))
def udp(): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))
def dns(): socket.getaddrinfo("localhost", 80) and socket.socket(socket.AF_INET).connect(("127.0.0.1", port))
def unix(): socket.socket(socket.AF_UNIX).connect(facts["unix"])
def abstract(): socket.socket(socket.AF_UNIX).connect("\\0" + facts["abstract"])
def read_secret(): (outside / "secret").read_bytes()
def read_other_input(): Path(facts["other"]).read_bytes()
def read_shadow(): Path("/etc/shadow").read_bytes()
def list_outside(): os.listdir(outside)
def write_outside(): (outside / "new").write_bytes(b"x")
def overwrite_outside(): (outside / "secret").open("r+b").write(b"x")
def truncate_outside(): os.truncate(outside / "secret", 0)
def delete_outside(): (outside / "secret").unlink()
def link_outside(): os.link(outside / "secret", scratch / "link")
def read_by_symlink(): (scratch / "sym").symlink_to(outside / "secret"); (scratch / "sym").read_bytes()
def write_input(): (Path(facts["readable"][-1]) / "evil").write_bytes(b"x")
def fork():
    for _ in range(50):
        if os.fork() == 0: os._exit(0)
def spawn(): subprocess.run(["/bin/true"], check=True)
def spawn_python(): subprocess.run([sys.executable, "-c", "1"], check=True)
def execute(): os.execv("/bin/true", ["true"])
def signal_parent(): os.kill(facts["parent"], 0)
def limit_parent(): resource.prlimit(facts["parent"], resource.RLIMIT_CORE, (0, 0))
# On itself, for that needs no rights: only the filter can refuse it.
def pin_by_number(): os.sched_setaffinity(os.getpid(), os.sched_getaffinity(0))
def renice(): os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0))
def reschedule(): os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
def retune(): os.sched_setparam(0, os.sched_param(0))
def trace_parent(): Path(f"/proc/{facts['parent']}/environ").read_bytes()
def mount(): subprocess.run(["mount", "-t", "tmpfs", "x", str(scratch)], check=True)
def become_root():
    os.setuid(65534)
    os.setuid(0)
def device(): os.mknod(scratch / "disk", 0o60600, os.makedev(8, 0))
def raw_socket(): socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
def survive_parent():
    import ctypes
    if ctypes.CDLL(None).prctl(1, 0): raise PermissionError
def huge_file():
    with (scratch / "huge").open("wb") as file:
        file.seek(facts["huge"]); file.write(b"x")

allowed = {}
for action in (
    tcp, tcp6, udp, dns, unix, abstract, raw_socket,
    read_secret, read_other_input, read_shadow, list_outside, read_by_symlink,
    write_outside, overwrite_outside, truncate_outside, delete_outside, link_outside, write_input, huge_file,
    fork, spawn, spawn_python, signal_parent, trace_parent, survive_parent, mount, become_root, device,
    limit_parent, pin_by_number, renice, reschedule, retune,
):
    try:
        action()
    except (OSError, subprocess.SubprocessError) as error:
        allowed[action.__name__] = False
    else:
        allowed[action.__name__] = True

def write_scratch():
    (scratch / "mine").write_bytes(b"x")
    (scratch / "folder").mkdir()
    (scratch / "mine").rename(scratch / "folder" / "mine")
    (scratch / "folder" / "mine").unlink()
def read_input(): Path(facts["input"]).read_bytes()
def start_threads():
    thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
def import_libraries():
    import av, numpy
def own_pipe(): os.pipe()
def own_limits():
    resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
    os.sched_setaffinity(0, os.sched_getaffinity(0))
for action in (write_scratch, read_input, start_threads, import_libraries, own_pipe, own_limits):
    action()
    allowed[action.__name__] = True
print(json.dumps(allowed))
"""
MUST_WORK = {"write_scratch", "read_input", "start_threads", "import_libraries", "own_pipe", "own_limits"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("scratch", "outside", "inputs"):
        (tmp_path / name).mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (tmp_path / "inputs" / "0").write_text("mine")
    return tmp_path


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    """Listens on TCP and UDP at one port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        tcp.setblocking(False)
        udp.setblocking(False)
        yield tcp
        with pytest.raises(BlockingIOError):
            tcp.accept()
        with pytest.raises(BlockingIOError):
            udp.recv(1)


def attempts(place: Path, layers: tuple[Layer, ...], port: int) -> dict[str, bool]:
    """What the probe managed to do inside those layers."""
    readable = (*program_files(), place / "inputs")
    box = Box(readable, (place / "scratch",), network=False, memory=2 << 30, cpu_seconds=20)
    with socket.socket(socket.AF_UNIX) as unix, socket.socket(socket.AF_UNIX) as abstract:
        unix.bind(str(place / "s"))
        unix.listen()
        abstract.bind(f"\0omnireel-test-{os.getpid()}")
        abstract.listen()
        facts = {
            "layers": layers,
            "readable": [str(path) for path in readable],
            "scratch": str(place / "scratch"),
            "outside": str(place / "outside"),
            "input": str(place / "inputs" / "0"),
            "other": str(Path(__file__)),
            "unix": str(place / "s"),
            "abstract": f"omnireel-test-{os.getpid()}",
            "port": port,
            "parent": os.getpid(),
            "huge": sandbox.MAX_FILE + 1,
        }
        command = enclosed([*PYTHON, "-c", PROBE, json.dumps(facts)], box, layers)
        done = subprocess.run(
            command, env={"PATH": PATH}, cwd=place / "scratch", capture_output=True, timeout=60, text=True
        )
    assert done.returncode == 0, done.stderr
    managed: dict[str, bool] = json.loads(done.stdout)
    return managed


def needs(*layers: Layer) -> pytest.MarkDecorator:
    # Inside bubblewrap a namespace of our own is neither possible nor needed; without it, root has one.
    offered = {*sandbox.offered().layers, *([] if os.geteuid() else [Layer.NAMESPACE])}
    missing = [layer.value for layer in layers if layer not in offered]
    return pytest.mark.skipif(bool(missing), reason=f"this machine offers no {', '.join(missing)}")


@pytest.mark.parametrize(
    "layers",
    [
        pytest.param(
            (Layer.BUBBLEWRAP, *ORDINARY), marks=needs(Layer.BUBBLEWRAP, *ORDINARY), id="bubblewrap"
        ),
        pytest.param(OWN, marks=needs(*OWN), id="own"),
        pytest.param(ORDINARY, marks=needs(*ORDINARY), id="own, without a namespace"),
    ],
)
def test_a_boxed_process_can_work_and_do_nothing_else(
    layers: tuple[Layer, ...], place: Path, canary: socket.socket
) -> None:
    managed = attempts(place, layers, canary.getsockname()[1])
    assert {name for name, done in managed.items() if done} == MUST_WORK
    assert len(managed) - len(MUST_WORK) >= 33
    assert (place / "outside" / "secret").read_text() == "secret"
    assert [path.name for path in (place / "outside").iterdir()] == ["secret"]


def test_without_a_box_the_same_process_does_what_it_likes(place: Path) -> None:
    """Shows that the probe can succeed, so that its failures above mean something."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        managed = attempts(place, (), server.getsockname()[1])
    reachable = {"tcp", "udp", "unix", "abstract", "read_secret", "read_other_input", "list_outside"}
    others = {"signal_parent", "limit_parent", "pin_by_number", "renice", "reschedule", "retune"}
    assert reachable | others | {"overwrite_outside", "write_outside", "fork", "spawn"} <= {
        name for name, done in managed.items() if done
    }


LIMITED = """
import sys
from pathlib import Path
from omnireel.media.sandbox import Box, confine
confine(Box((), (), network=False, memory=1 << 30, cpu_seconds=1, parent=None), ())
exec(sys.argv[1])
"""


def limited(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PYTHON, "-c", LIMITED, code], capture_output=True, timeout=60, text=True)


def test_too_much_memory_is_refused() -> None:
    done = limited("bytearray(2 << 30)")
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


def test_too_much_computing_is_ended() -> None:
    assert limited("while True: pass").returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_no_core_is_dumped_and_few_files_are_open() -> None:
    done = limited("import resource as r; print(r.getrlimit(r.RLIMIT_CORE), r.getrlimit(r.RLIMIT_NOFILE))")
    assert done.stdout.strip() == f"(0, 0) ({sandbox.MAX_OPEN}, {sandbox.MAX_OPEN})"


def test_no_privileges_are_left_or_gained() -> None:
    done = limited("print(open('/proc/self/status').read())")
    facts = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    assert facts["NoNewPrivs"].strip() == "1"
    assert int(facts["CapEff"], 16) == int(facts["CapPrm"], 16) == 0


ORPHAN = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())])
print(child.pid, flush=True)
time.sleep(60)
"""
DEVOTED = """
import sys, time
from omnireel.media.sandbox import Box, Layer, confine
box = Box((), (), network=False, memory=1 << 30, cpu_seconds=60, parent=int(sys.argv[1]))
confine(box, (Layer.SECCOMP,))
time.sleep(60)
"""


@pytest.mark.skipif(Layer.SECCOMP not in sandbox.offered().layers, reason="this machine offers no seccomp")
def test_a_child_dies_with_its_parent() -> None:
    with subprocess.Popen([*PYTHON, "-c", ORPHAN, DEVOTED], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        deadline = time.monotonic() + 30
        while "Seccomp:\t2" not in Path(f"/proc/{child.pid}/status").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        parent.kill()
    child.wait(timeout=10)


def test_a_child_whose_parent_is_already_gone_does_not_begin() -> None:
    done = subprocess.run([*PYTHON, "-c", DEVOTED, "1"], timeout=30)
    assert done.returncode == 1


def test_levels_are_named_after_their_tightest_layer() -> None:
    assert SandboxLevel().name == "none"
    assert SandboxLevel((Layer.SECCOMP,)).name == "seccomp"
    assert SandboxLevel(ORDINARY).name == "landlock"
    assert SandboxLevel((Layer.BUBBLEWRAP, *ORDINARY)).name == "bubblewrap"


def test_only_a_box_that_hides_files_and_network_counts_as_one() -> None:
    assert SandboxLevel(ORDINARY).confined
    assert SandboxLevel((Layer.BUBBLEWRAP,)).confined
    assert not SandboxLevel((Layer.LANDLOCK,)).confined
    assert not SandboxLevel((Layer.SECCOMP, Layer.NAMESPACE)).confined
    assert not SandboxLevel().confined


def test_a_required_sandbox_must_be_there() -> None:
    assert sandbox.level("required", SandboxLevel(ORDINARY)).confined
    with pytest.raises(Unavailable, match="bubblewrap"):
        sandbox.level("required", SandboxLevel((Layer.SECCOMP,)))


def test_off_means_off() -> None:
    assert sandbox.level("off") == SandboxLevel()


@pytest.mark.skipif(not landlock_abi(), reason="this kernel has no Landlock")
def test_what_the_kernel_offers_is_found() -> None:
    assert Layer.LANDLOCK in sandbox.offered().layers


def test_program_files_leave_out_what_is_not_installed(place: Path) -> None:
    shown = program_files()
    assert not {Path("/"), Path.home(), Path.cwd(), Path(sys.prefix)}.intersection(shown)
    assert not any(place.is_relative_to(path) for path in shown)
    assert any(Path(sandbox.__file__).is_relative_to(path) for path in shown)
