"""The operator's half of `omnireel doctor`: what a server on this machine would find."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from omnireel.cli.checkup_models import model_findings
from omnireel.cli.finding import Finding, State, guarded
from omnireel.cli.server_extra import INSTALL
from omnireel.cli.settings_flags import settings_from
from omnireel.client._access import is_loopback

if TYPE_CHECKING:
    from omnireel.media.sandbox import SandboxMode
    from omnireel.settings import Settings

SERVER_MODULES = (
    "alembic", "av", "cv2", "fastapi", "msgspec", "numba", "numpy", "PIL", "psutil", "pydantic_settings",
    "sqlalchemy", "structlog", "uvicorn",
)  # fmt: skip
SQLITE_FILE = "omnireel.db"
GIB = 2**30
LITTLE_MEMORY = 2 * GIB
"""What one attempt at 1080p may take, the decoder and the encoder included."""


def server_side(data: Path | None) -> Iterator[Finding]:
    """Whether a server could run here; a word when nobody wants one. Exits with 2 on bad settings."""
    missing = [name for name in SERVER_MODULES if find_spec(name) is None]
    if len(missing) == len(SERVER_MODULES):
        yield Finding("packages", State.NOTE, f"SDK and CLI only; to run a server: {INSTALL}")
        return
    if missing:
        yield Finding("packages", State.BAD, f"missing {', '.join(missing)}: {INSTALL}")
        return
    yield Finding("packages", State.OK, "the server's packages are installed")
    settings = settings_from(data=data)
    yield from _sources()
    yield from guarded("engine", lambda: _engine(settings))
    yield from model_findings(settings)
    yield from guarded("sandbox", lambda: _sandbox(settings.sandbox))
    yield from guarded("bwrap", _bubblewrap)
    yield from guarded("database", lambda: _database(settings))
    if settings.s3_bucket is not None:
        yield from guarded("bucket", lambda: _bucket(settings))
    yield from _disk(settings.data, settings.min_free_disk)
    yield from _privacy(settings.data)
    yield from _machine(settings)
    yield from _door(settings)
    yield from _kernels(settings)


def _sources() -> Iterator[Finding]:
    from omnireel.cli.setting_sources import DEFAULT, sources_of_settings, unknown_variables

    sources = sources_of_settings()
    said = sorted(name for name, source in sources.items() if source != DEFAULT)
    about = f"set here: {', '.join(said)}" if said else "all at their defaults; `omnireel init` writes a file"
    yield Finding("settings", State.OK, about)
    for name in unknown_variables(frozenset(sources)):
        yield Finding("settings", State.NOTE, f"{name} is set, and there is no such setting")


def _engine(settings: Settings) -> Iterator[Finding]:
    from omnireel.app.engines import default_spec
    from omnireel.engines.registry import engine_names, make_engine

    name = settings.engine
    engine = make_engine(name, default_spec(settings), threads=1)
    kinds = ", ".join(sorted(engine.capabilities.kinds))
    engine.close()
    yield Finding("engine", State.OK, f"{name} can do {kinds}; installed: {', '.join(engine_names())}")


def _sandbox(mode: SandboxMode) -> Iterator[Finding]:
    from omnireel.media import sandbox

    found = sandbox.level(mode)
    yield Finding("sandbox", State.OK if found.confined else State.NOTE, found.description)


def _bubblewrap() -> Iterator[Finding]:
    from omnireel.media.bubblewrap import bubblewrap

    program = bubblewrap()
    hint = "not installed; optional: `apt install bubblewrap` makes the tightest box"
    yield Finding("bwrap", State.OK if program else State.NOTE, program or hint)


def _database(settings: Settings) -> Iterator[Finding]:
    from omnireel.app.operators import inspect_database

    # Looking at a file that is not there would make it.
    file = settings.data / SQLITE_FILE
    if settings.database is None and not file.exists():
        yield Finding("database", State.NOTE, f"none yet; the server makes {file}")
        return
    schema = inspect_database(settings)
    if schema.current:
        yield Finding("database", State.OK, f"{schema.place}: schema {schema.found}, up to date")
    else:
        detail = f"{schema.place}: schema {schema.found or 'none'}, this version needs {schema.needed}"
        yield Finding("database", State.BAD, f"{detail}; see `omnireel db status`")


def _bucket(settings: Settings) -> Iterator[Finding]:
    from omnireel.app.files import inspect_bucket

    place, careful = inspect_bucket(settings)
    if careful:
        yield Finding("bucket", State.OK, f"{place}: an object was written, read and deleted")
        return
    detail = f"{place}: works, but writes over what is there although it is told `If-None-Match: *`"
    yield Finding("bucket", State.NOTE, detail)


def _disk(data: Path, least: int) -> Iterator[Finding]:
    place = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    enough = free >= least and os.access(place, os.W_OK)
    state = State.OK if enough else State.BAD
    detail = f"{free / GIB:.1f} GiB free at {place}, at least {least / GIB:.1f} needed"
    yield Finding("disk", state, detail if os.access(place, os.W_OK) else f"{place} cannot be written")


def _privacy(data: Path) -> Iterator[Finding]:
    if data.is_dir() and stat.S_IMODE(data.stat().st_mode) & 0o007:
        yield Finding("privacy", State.NOTE, f"others may look into {data}: chmod o= {data}")


def _machine(settings: Settings) -> Iterator[Finding]:
    import psutil

    cores, memory = len(os.sched_getaffinity(0)), psutil.virtual_memory()
    detail = f"{cores} cores, {memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB free"
    if memory.total < LITTLE_MEMORY * max(1, settings.workers):
        detail += f"; little for {settings.workers} at once, set fewer workers"
        yield Finding("machine", State.NOTE, detail)
    elif settings.workers > cores:
        yield Finding("machine", State.NOTE, f"{detail}; {settings.workers} workers share {cores} cores")
    else:
        yield Finding("machine", State.OK, f"{detail}, {settings.workers} at once")


def _door(settings: Settings) -> Iterator[Finding]:
    """Whether the address to listen on is free, and whether links would lead somewhere."""
    if settings.public_url is None and not is_loopback(f"http://{_bracketed(settings.host)}"):
        detail = f"links in answers would begin with http://{_bracketed(settings.host)}; set public_url"
        yield Finding("links", State.NOTE, detail)
    fault = _listening_fault(settings.host, settings.port)
    if fault == errno.EADDRINUSE:
        yield Finding("port", State.NOTE, f"{settings.host}:{settings.port} is in use, by a server of ours?")
    elif fault is not None:
        detail = f"cannot listen on {settings.host}:{settings.port}: {os.strerror(fault)}"
        yield Finding("port", State.BAD, detail)


def _listening_fault(host: str, port: int) -> int | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error.errno
    return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _kernels(settings: Settings) -> Iterator[Finding]:
    from omnireel.app.kernel_folder import kernel_folder
    from omnireel.execution.kernels import KernelCache

    engine, folder = settings.engine, kernel_folder(settings)
    if KernelCache(folder).ready(engine):
        yield Finding("kernels", State.OK, f"compiled for {engine} and this processor, in {folder}")
    else:
        detail = f"not compiled for {engine} yet; the server does it when it starts"
        yield Finding("kernels", State.NOTE, detail)
