"""Compares what was acknowledged with what there is in the end."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import psutil
from sqlalchemy import Connection, Row, text
from tests.chaos.history import stories
from tests.chaos.verdict import Verdict
from tests.chaos.world import CREDIT, World

from omnireel.errors import NotFound
from omnireel.models import Resource, Succeeded
from omnireel.tasks.audit import faults
from omnireel.tasks.codec import decode_outcome, decode_request
from omnireel.tasks.database import reading
from omnireel.tasks.ledger import Account
from omnireel.tasks.tables import task, task_webhook

Rows = dict[str, Row[*tuple[Any, ...]]]


@dataclass(frozen=True)
class Found:
    """What the database says in the end."""

    tasks: Rows
    endings: Counter[str]
    subscribed: frozenset[str]


def judge(world: World) -> Verdict:
    """What became of everything that was promised; all that is left to do must be done."""
    world.history.read(world.places.receipts)
    with reading(world.engine) as connection:
        found = _look(connection)
        verdict = Verdict(
            tasks=len(world.history.tasks),
            lost=[*_lost(world, found)],
            doubled=[*_doubled(world, found)],
            wrongly_charged=[*_wrongly_charged(connection, found)],
            corrupt=[*broken(connection)],
        )
    kept = {file.key: file for row in found.tasks.values() for file in _files(row)}
    verdict.corrupt += _corrupt(world, kept)
    verdict.orphans += _orphans(world, set(kept))
    return verdict


def _look(connection: Connection) -> Found:
    rows = {row.task_id: row for row in connection.execute(task.select())}
    endings = Counter(connection.execute(text("SELECT task_id FROM ending")).scalars())
    subscribed = frozenset(row.task_id for row in connection.execute(task_webhook.select()))
    return Found(rows, endings, subscribed)


def _lost(world: World, found: Found) -> Iterator[str]:
    for task_id in sorted(world.history.tasks):
        if task_id not in found.tasks:
            yield f"{task_id} was acknowledged and is not there"
    for row in found.tasks.values():
        if row.status not in ("success", "canceled"):
            yield f"{row.task_id} is {row.status}: {row.outcome}"
        elif row.status == "canceled" and row.task_id not in world.history.canceled:
            yield f"{row.task_id} is canceled, which nobody asked"
    if world.receiver is not None:
        told = stories(world.receiver.received)
        yield from (f"{name} ended and nobody was told" for name in found.subscribed - told.keys())
    for file_id in world.history.files - _uploads(world):
        yield f"upload {file_id} was acknowledged and is not there"


def _uploads(world: World) -> set[str]:
    with reading(world.engine) as connection:
        return set(connection.execute(text("SELECT file_id FROM media_file")).scalars())


def _doubled(world: World, found: Found) -> Iterator[str]:
    for name in found.tasks.keys() | found.endings.keys():
        if found.endings[name] != 1:
            yield f"{name} ended {found.endings[name]} times"
    for name, ids in world.history.answers.items():
        if len(ids) > 1:
            yield f"{name} was answered with {sorted(ids)}"
    named = Counter(_name_in(row.request) for row in found.tasks.values())
    yield from (f"{name} has {times} tasks" for name, times in named.items() if times > 1)
    if world.receiver is not None:
        for name, told in stories(world.receiver.received).items():
            status = found.tasks[name].status if name in found.tasks else None
            if len(told) > 1 or any(json.loads(body)["data"]["status"] != status for _, body in told):
                yield f"of {name}, {status}, several stories were told"


def _name_in(request: dict[str, Any]) -> str:
    """What `prompt_of` put in."""
    return next(word for word in decode_request(request).prompt.split() if word.startswith("name="))


def _wrongly_charged(connection: Connection, found: Found) -> Iterator[str]:
    yield from faults(connection)
    for row in found.tasks.values():
        if (row.status == "success") != (row.charged > 0):
            yield f"{row.task_id} is {row.status} and charged {row.charged}"
    in_account = "SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE account = :account"

    def total(account: Account) -> Decimal:
        return Decimal(connection.execute(text(in_account), {"account": account.value}).scalar_one()) / 10_000

    if total(Account.RESERVED):
        yield f"{total(Account.RESERVED)} are still set aside"
    paid = sum((row.charged for row in found.tasks.values()), Decimal(0))
    if total(Account.REVENUE) != paid:
        yield f"{total(Account.REVENUE)} were paid, for tasks of {paid}"
    if -total(Account.FUNDING) < CREDIT:
        yield f"only {-total(Account.FUNDING)} of {CREDIT} were credited"


def broken(connection: Connection) -> Iterator[str]:
    """What SQLite itself finds wrong with the file."""
    if connection.dialect.name == "sqlite":
        for check in ("integrity_check", "foreign_key_check"):
            for row in connection.execute(text(f"PRAGMA {check}")):
                if row[0] != "ok":
                    yield f"{check}: {tuple(row)}"


def _files(row: Row[*tuple[Any, ...]]) -> tuple[Resource, ...]:
    outcome = None if row.outcome is None else decode_outcome(row.outcome)
    return outcome.resources if isinstance(outcome, Succeeded) else ()


def _corrupt(world: World, kept: dict[str, Resource]) -> Iterator[str]:
    for key, file in kept.items():
        try:
            path = world.places.blobs().path(key)
        except NotFound:
            yield f"{key} is missing"
            continue
        content = path.read_bytes()
        if (len(content), hashlib.sha256(content).hexdigest()) != (file.size, file.sha256):
            yield f"{key} is not what was written down"
        elif not _decodes(path):
            yield f"{key} does not decode"


def _decodes(path: Path) -> bool:
    try:
        with av.open(str(path)) as container:
            return any(True for _ in container.decode(video=0))
    except (av.FFmpegError, IndexError):
        return False


def _orphans(world: World, kept: set[str]) -> Iterator[str]:
    places = world.places
    places.janitor(world.engine, timedelta(0)).sweep()
    with reading(world.engine) as connection:
        uploads = set(connection.execute(text("SELECT coalesce(blob, key) FROM media_file")).scalars())
    yield from (f"upload without its blob {key}" for key in uploads if not places.blobs().has(key))
    kept = kept | uploads
    for info in places.blobs().list(""):
        if info.key not in kept:
            yield f"blob {info.key}"
    for folder in (places.root / "files" / ".incoming", places.scratch, places.arrivals):
        if folder.exists():
            yield from (f"file {path}" for path in folder.iterdir())
    yield from (f"process {pid}" for pid in _processes(lambda cwd: cwd.startswith(str(places.scratch))))


def _processes(mine: Callable[[str], bool]) -> Iterator[int]:
    """Processes whose working folder is one of ours, which is so for attempts' children."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if mine(process.cwd()):
                yield process.pid
