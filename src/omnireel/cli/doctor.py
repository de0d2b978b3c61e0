"""`omnireel doctor`: is everything here that Omnireel needs, and if not, what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from omnireel import __version__
from omnireel.cli.ending import FAILED
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import single_command
from omnireel.cli.server_extra import INSTALL
from omnireel.cli.session import BaseUrl, connect
from omnireel.cli.settings_flags import DataFolder, settings_from
from omnireel.client.errors import APIError

if TYPE_CHECKING:
    from omnireel.media.sandbox import SandboxMode
    from omnireel.settings import Settings


SERVER_MODULES = (
    "alembic", "av", "cv2", "fastapi", "msgspec", "numba", "numpy", "PIL", "psutil", "pydantic_settings",
    "sqlalchemy", "structlog", "uvicorn",
)  # fmt: skip


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing is broken."""
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What one look found, and what to do about it."""

    check: str
    state: State
    detail: str


app = single_command()


@app.command()
def doctor(
    *, data: DataFolder = None, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Check this machine and the server; exits with 1 when something is broken."""
    findings = [*_client_side(base_url), *_server_side(data)]
    shown = [finding for finding in findings if not quiet or finding.state is State.BAD]
    lines = [f"{finding.state:<5} {finding.check:<9} {finding.detail}" for finding in shown]
    Output(json, quiet).data("\n".join(lines), [asdict(finding) for finding in findings])
    if any(finding.state is State.BAD for finding in findings):
        raise typer.Exit(FAILED)


def _client_side(base_url: str | None) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("omnireel", State.OK, __version__)
    good = sys.version_info >= (3, 11)
    yield Finding("python", State.OK if good else State.BAD, f"{version} at {sys.executable}")
    yield _server(base_url)


def _server(base_url: str | None) -> Finding:
    try:
        with connect(base_url) as client:
            found = client.models.list()
    except APIError as error:
        return Finding("server", State.NOTE, f"{error}")
    return Finding("server", State.OK, "answers; models: " + ", ".join(model.slug for model in found))


def _server_side(data: Path | None) -> Iterator[Finding]:
    missing = [name for name in SERVER_MODULES if find_spec(name) is None]
    if len(missing) == len(SERVER_MODULES):
        yield Finding("packages", State.NOTE, f"SDK and CLI only; to run a server: {INSTALL}")
        return
    if missing:
        yield Finding("packages", State.BAD, f"missing {', '.join(missing)}: {INSTALL}")
        return
    yield Finding("packages", State.OK, "the server's packages are installed")
    settings = settings_from(data=data)
    yield _guarded("engine", lambda: _engine(settings.engine))
    yield _guarded("sandbox", lambda: _sandbox(settings.sandbox))
    yield _guarded("bwrap", _bubblewrap)
    if settings.s3_bucket is not None:
        yield _guarded("bucket", lambda: _bucket(settings))
    yield _disk(settings.data, settings.min_free_disk)
    yield _kernels(settings.data, settings.engine)


def _guarded(check: str, look: Callable[[], Finding]) -> Finding:
    """What the look finds; a part that cannot even be loaded is a finding too."""
    from omnireel.errors import OmnireelError

    try:
        return look()
    except (OmnireelError, ImportError, OSError) as error:
        return Finding(check, State.BAD, str(error))


def _engine(name: str) -> Finding:
    from omnireel.engines.registry import engine_names, load_engine

    engine = load_engine(name, threads=1)
    kinds = ", ".join(sorted(engine.capabilities.kinds))
    engine.close()
    return Finding("engine", State.OK, f"{name} can do {kinds}; installed: {', '.join(engine_names())}")


def _sandbox(mode: SandboxMode) -> Finding:
    from omnireel.media import sandbox

    found = sandbox.level(mode)
    return Finding("sandbox", State.OK if found.confined else State.NOTE, found.description)


def _bubblewrap() -> Finding:
    from omnireel.media.bubblewrap import bubblewrap

    program = bubblewrap()
    hint = "not installed; optional: `apt install bubblewrap` makes the tightest box"
    return Finding("bwrap", State.OK if program else State.NOTE, program or hint)


def _bucket(settings: Settings) -> Finding:
    from omnireel.app.files import inspect_bucket

    place, careful = inspect_bucket(settings)
    if careful:
        return Finding("bucket", State.OK, f"{place}: an object was written, read and deleted")
    detail = f"{place}: works, but writes over what is there although it is told `If-None-Match: *`"
    return Finding("bucket", State.NOTE, detail)


def _disk(data: Path, least: int) -> Finding:
    place = next(folder for folder in (data.absolute(), *data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    enough = free >= least and os.access(place, os.W_OK)
    state = State.OK if enough else State.BAD
    return Finding(
        "disk", state, f"{free / 2**30:.1f} GiB free at {place}, at least {least / 2**30:.1f} needed"
    )


def _kernels(data: Path, engine: str) -> Finding:
    from omnireel.execution.kernels import KernelCache

    folder = data / "kernels"
    if KernelCache(folder).ready(engine):
        return Finding("kernels", State.OK, f"compiled for {engine} and this processor, in {folder}")
    return Finding("kernels", State.NOTE, f"not compiled for {engine} yet; the server does it when it starts")
