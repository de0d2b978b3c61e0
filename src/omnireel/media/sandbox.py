"""What box this machine offers for decoding other people's media, and how to get into it.

Layers, outermost first. Each is used where it works, found out once by trying it in a child process:

    bubblewrap   own view of files, processes and network (the `bwrap` program)
    namespace    own, empty network (root, or where the kernel lets ordinary users)
    landlock     only the named folders can be seen, only scratch written
    seccomp      no new processes, programs or sockets

Resource limits, no new privileges, no capabilities and death with the parent come with every level.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

from omnireel.errors import Unavailable
from omnireel.media import bubblewrap as bwrap
from omnireel.media import landlock, seccomp, syscalls

SandboxMode = Literal["auto", "required", "off"]

PYTHON = (sys.executable, "-P", "-s")
"""How a child's Python starts: from its own installation alone."""
PATH = "/usr/local/bin:/usr/bin:/bin"

PROBE_SECONDS = 20.0
MAX_FILE = 2 * 1024**3
"""Largest file a boxed process may write, bytes."""
MAX_OPEN = 512
MAX_PROCESSES = 4096
"""Only a backstop: it counts everything of the same user, and not at all for root."""


class Layer(StrEnum):
    BUBBLEWRAP = "bubblewrap"
    NAMESPACE = "namespace"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


@dataclass(frozen=True)
class SandboxLevel:
    """What a machine offers. `layers` are those that work here."""

    layers: tuple[Layer, ...] = ()

    @property
    def name(self) -> str:
        """The tightest layer's name, or `none`."""
        order = (Layer.BUBBLEWRAP, Layer.LANDLOCK, Layer.SECCOMP)
        return next((layer.value for layer in order if layer in self.layers), "none")

    @property
    def confined(self) -> bool:
        """True when decoding has no network and sees only its own files."""
        return Layer.BUBBLEWRAP in self.layers or {Layer.LANDLOCK, Layer.SECCOMP} <= set(self.layers)

    @property
    def description(self) -> str:
        """A sentence for `doctor` and `/readyz`."""
        if self.confined:
            return f"media is decoded without network, in its own folder only ({' + '.join(self.layers)})"
        if self.layers:
            return f"media is decoded in a weak box ({' + '.join(self.layers)}); bubblewrap would help"
        return "media is decoded with resource limits only; install bubblewrap for a box"


@dataclass(frozen=True)
class Box:
    """What one boxed process may use. Bytes, seconds."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    network: bool
    memory: int
    cpu_seconds: int
    parent: int | None = None
    """Its parent's process number, when it can see it."""


def level(mode: SandboxMode = "auto", offer: SandboxLevel | None = None) -> SandboxLevel:
    """The level in force under an operator's setting; `offer` is what the machine has, else it is tried.

    Raises Unavailable when a sandbox is required and there is none.
    """
    if mode == "off":
        return SandboxLevel()
    found = offer or offered()
    if mode == "required" and not found.confined:
        raise Unavailable(f"a sandbox is required, but {found.description}")
    return found


@cache
def offered() -> SandboxLevel:
    """What works on this machine, found by trying. Takes some tenths of a second the first time."""
    own = _probe(())
    wrapped = _probe((Layer.BUBBLEWRAP,)) if bwrap.bubblewrap() else ()
    return SandboxLevel(wrapped or own)


def enclosed(command: Sequence[str], box: Box, layers: Sequence[Layer]) -> list[str]:
    """The command to start, inside bubblewrap when that is one of the layers and the box has no network."""
    if Layer.BUBBLEWRAP not in layers or box.network:
        return list(command)
    return bwrap.wrapped(command, readable=box.readable, writable=box.writable)


def confine(box: Box, layers: Sequence[Layer], *, strict: bool = True) -> tuple[Layer, ...]:
    """Put the layers on this process, for good; which of them took.

    For a process that is still young: with one thread, and before it has seen anything of the caller's.
    Bubblewrap cannot be put on from inside and counts as taken. Raises OSError when `strict` and a layer
    does not take.
    """
    _limit_resources(box)
    took: list[Layer] = [layer for layer in layers if layer is Layer.BUBBLEWRAP]
    steps = {
        Layer.NAMESPACE: _leave_network,
        None: _renounce,
        Layer.LANDLOCK: _restrict_files,
        Layer.SECCOMP: _restrict_calls,
    }
    for layer, step in steps.items():
        if layer is None or layer in layers:
            with suppress(*(() if strict or layer is None else (OSError,))):
                step(box)
                took += [layer] if layer else []
    return tuple(took)


KERNEL_FILES = tuple(
    Path(name)
    for name in (
        *("/proc", "/sys/devices/system", "/sys/fs/cgroup"),
        *("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"),
    )
)
NAME_SERVICE = tuple(
    Path("/etc") / name
    for name in ("resolv.conf", "hosts", "host.conf", "nsswitch.conf", "gai.conf", "services", "ssl", "pki")
)
"""What looking up a host name and checking its certificate need."""


PREFIX_PARTS = ("bin", "lib", "lib64", "pyvenv.cfg")


@cache
def program_files() -> tuple[Path, ...]:
    """Where Python, the packages a child process can import and their libraries lie.

    Not the whole folder of a virtual environment: people keep their data beside it.
    """
    asked = [*PYTHON, "-c", "import sys; print(*sys.path, sep='\\n')"]
    importable = subprocess.run(
        asked, env={"PATH": PATH}, capture_output=True, timeout=PROBE_SECONDS, check=True
    )
    names = [
        *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime"),
        *(f"{prefix}/{part}" for prefix in {sys.prefix, sys.base_prefix} for part in PREFIX_PARTS),
        *importable.stdout.decode().splitlines(),
    ]
    paths = {Path(name).absolute() for name in names if name and Path(name).exists()} - {Path("/")}
    return tuple(sorted(path for path in paths if not paths.intersection(path.parents)))


def _limit_resources(box: Box) -> None:
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: MAX_FILE,
        resource.RLIMIT_NOFILE: MAX_OPEN,
        resource.RLIMIT_NPROC: MAX_PROCESSES,
        resource.RLIMIT_AS: box.memory,
        resource.RLIMIT_CPU: box.cpu_seconds,
    }
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def _renounce(box: Box) -> None:
    with suppress(OSError, KeyError):
        syscalls.drop_capabilities()
    syscalls.no_new_privileges()
    syscalls.die_with_parent(box.parent)


def _leave_network(box: Box) -> None:
    if not box.network:
        syscalls.unshare_network()


def _restrict_files(box: Box) -> None:
    landlock.restrict_files((*box.readable, *KERNEL_FILES), box.writable, network=box.network)


def _restrict_calls(box: Box) -> None:
    seccomp.restrict_calls(network=box.network)


def _probe(outer: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """The layers that take in a child process and then deny what they should; none when `outer` does not
    work.
    """
    with tempfile.TemporaryDirectory(prefix="omnireel-probe-") as name:
        folder = Path(name).resolve()
        (folder / "secret").write_text("secret")
        (folder / "scratch").mkdir()
        box = Box(program_files(), (folder / "scratch",), network=False, memory=2 * 1024**3, cpu_seconds=10)
        command = enclosed([*PYTHON, "-m", "omnireel.media.box_probe", str(folder), *outer], box, outer)
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            done = subprocess.run(
                command,
                env={"PATH": PATH},
                cwd=folder,
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=True,
            )
            return tuple(Layer(word) for word in done.stdout.decode().split())
    return ()
