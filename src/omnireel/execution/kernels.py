"""Compiled kernels, made once by a trusted child and copied to every attempt.

An attempt decodes other people's media, so it never writes to the folder the next one starts from: it gets
a copy.
"""

from __future__ import annotations

import platform
import shutil
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import mkdtemp

import omnireel

KEPT = 8
"""Finished caches kept; older ones belong to code that is no longer here."""


class KernelCache:
    """Finished caches under `root`, one per engine and version of everything that decides their contents."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def ready(self, engine: str) -> bool:
        return self._folder(engine).is_dir()

    def copy(self, engine: str, target: Path) -> None:
        """A private copy at `target`, which is made; empty when there is nothing yet."""
        target.mkdir(exist_ok=True)
        if self.ready(engine):
            shutil.copytree(self._folder(engine), target, dirs_exist_ok=True)

    def adopt(self, engine: str, filled: Path) -> None:
        """Make a filled folder the cache. When another process was quicker, its cache stays."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        staging = Path(mkdtemp(prefix="new-", dir=self._root))
        try:
            shutil.copytree(filled, staging, dirs_exist_ok=True)
            staging.replace(self._folder(engine))
        except OSError:
            if not self.ready(engine):
                raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        self._forget_old()

    def _folder(self, engine: str) -> Path:
        return self._root / f"kernels-{_stamp(engine)}"

    def _forget_old(self) -> None:
        folders = sorted(self._root.glob("kernels-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for folder in folders[KEPT:]:
            shutil.rmtree(folder, ignore_errors=True)


@cache
def _stamp(engine: str) -> str:
    """Names the engine, its code, the compiler and the processor."""
    digest = sha256(engine.encode())
    root = Path(omnireel.__file__).parent
    for path in sorted((root / "engines").rglob("*.py")):
        digest.update(str(path).encode() + path.read_bytes() + str(path.stat().st_mtime_ns).encode())
    for package in ("numba", "llvmlite", "numpy", "opencv-contrib-python-headless"):
        digest.update(f"{package} {_version(package)}".encode())
    digest.update(f"{platform.python_version()} {platform.machine()} {_processor()}".encode())
    return digest.hexdigest()[:20]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _processor() -> str:
    """Model and features; compiled code fits these only."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n", 1)[0].splitlines()
    except OSError:
        return platform.processor()
    telling = ("model name", "flags", "Features", "CPU part")
    return "\n".join(line for line in lines if line.startswith(telling))
