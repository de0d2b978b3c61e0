"""Bring a model's weights to this machine: resumed where it stopped, checked, and whole or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Final

from omnireel.engines.diffusers.hub import Hub, PullFailed
from omnireel.engines.diffusers.weight_files import (
    GIB,
    INDICES,
    RECORD,
    HubFile,
    Record,
    fault,
    part_of,
    recorded,
    size_of,
    still_to_come,
)

FILES_AT_ONCE: Final = 4
LOCK: Final = ".pull.lock"


@dataclass(frozen=True)
class Progress:
    """Bytes of all that is to be done, and what is being done."""

    done: int
    total: int
    note: str


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Place:
    """A repository's state, and the folder that gets it."""

    record: Record
    folder: Path


@dataclass(frozen=True)
class _Errand:
    """A file to bring."""

    place: Place
    file: HubFile

    @property
    def path(self) -> Path:
        return self.place.folder / self.file.name

    @property
    def part(self) -> Path:
        return part_of(self.place.folder, self.file)


class _Meter:
    """Counts for several threads. Once stopped it raises in all of them."""

    def __init__(self, report: Report, note: str, total: int, done: int = 0) -> None:
        self._report = report
        self._note = note
        self._total = total
        self._done = done
        self._stopped = False
        self._lock = Lock()

    def add(self, count: int) -> None:
        with self._lock:
            if self._stopped:
                raise _Stopped
            self._done += count
            self._report(Progress(self._done, self._total, self._note))

    def stop(self) -> None:
        with self._lock:
            self._stopped = True


class _Stopped(Exception):
    """Another file failed, or nobody wants this any more."""


def pull(hub: Hub, places: Sequence[Place], report: Report) -> None:
    """Make every folder hold its record's files, each with the hash that the hub states.

    What is right already stays; what came of a file stays as its part, and is gone on with. Raises
    PullFailed, naming the files that are wrong: they are deleted, and the next pull fetches them anew.
    """
    with ExitStack() as held:
        for place in places:
            _check_layout(place.record)
            held.enter_context(_alone(place.folder))
        wanting = _wanting(places, report)
        _check_room(places, wanting)
        for place in places:
            _begin(place, wanting)
        total = sum(place.record.size for place in places)
        to_come = sum(still_to_come(errand.place.folder, errand.file) for errand in wanting)
        meter = _Meter(report, "downloading", total, total - to_come)
        _bring(hub, [errand for errand in wanting if errand.file.name not in INDICES], meter)
        _bring(hub, [errand for errand in wanting if errand.file.name in INDICES], meter)


def verify(place: Place, report: Report) -> tuple[str, ...]:
    """What is wrong with a folder's files, a sentence each; every byte is read."""
    meter = _Meter(report, "checking", place.record.size)
    found = (fault(place.folder / file.name, file, meter.add) for file in place.record.files)
    return tuple(sentence for sentence in found if sentence)


def _check_layout(record: Record) -> None:
    if not any(file.name in INDICES for file in record.files):
        raise PullFailed(f"{record.repo} is not in the layout of diffusers: it has no model_index.json")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One pull at a time into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PullFailed(f"somebody else is downloading into {folder}") from None
        yield


def _wanting(places: Sequence[Place], report: Report) -> list[_Errand]:
    """What is not here as it should be. Who lacks anything gets the index anew, as the last file."""
    meter = _Meter(report, "checking what is here", sum(place.record.size for place in places))
    wanting: list[_Errand] = []
    for place in places:
        known = recorded(place.folder)
        trusted = frozenset(known.files if known else ())
        lacking = [one for one in place.record.files if not _right(place.folder, one, trusted, meter)]
        if lacking:
            lacking += [one for one in place.record.files if one.name in INDICES and one not in lacking]
        wanting += [_Errand(place, one) for one in lacking]
    return wanting


def _right(folder: Path, file: HubFile, trusted: frozenset[HubFile], meter: _Meter) -> bool:
    """A file under its name was checked, if it was us who put it there."""
    path = folder / file.name
    if file in trusted and size_of(path) == file.size:
        meter.add(file.size)
        return True
    return fault(path, file, meter.add) is None


def _check_room(places: Sequence[Place], wanting: Sequence[_Errand]) -> None:
    needed = sum(still_to_come(errand.place.folder, errand.file) for errand in wanting)
    folder = places[0].folder.parent
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise PullFailed(
            f"{needed / GIB:.1f} GiB are still to come and {folder} has room for {free / GIB:.1f};"
            " free some, or choose another place with --folder"
        )


def _begin(place: Place, wanting: Sequence[_Errand]) -> None:
    """Write down what is to come, and take away what is no longer true."""
    errands = [errand for errand in wanting if errand.place is place]
    for errand in errands:
        errand.path.unlink(missing_ok=True)
    known = recorded(place.folder)
    kept = {file.name for file in place.record.files}
    for file in known.files if known else ():
        if file.name not in kept:
            (place.folder / file.name).unlink(missing_ok=True)
    _write_whole(place.folder / RECORD, place.record.model_dump_json(indent=1).encode())


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def _bring(hub: Hub, errands: Sequence[_Errand], meter: _Meter) -> None:
    """Several at once, by threads that may be left behind: what they write is safe to be cut off."""
    waiting, ended = SimpleQueue[_Errand](), SimpleQueue[str | Exception | None]()
    for errand in errands:
        waiting.put(errand)
    runners = [
        Thread(target=_run, args=(hub, waiting, ended, meter), daemon=True) for _ in range(FILES_AT_ONCE)
    ]
    for runner in runners:
        runner.start()
    try:
        endings = [_good(ended.get()) for _ in errands]
    except Exception:
        meter.stop()
        for runner in runners:
            runner.join()
        raise
    faults = [sentence for sentence in endings if sentence]
    if faults:
        raise PullFailed("; ".join(faults) + ". Deleted: pull again")


def _run(
    hub: Hub, waiting: SimpleQueue[_Errand], ended: SimpleQueue[str | Exception | None], meter: _Meter
) -> None:
    with suppress(Empty):
        while True:
            errand = waiting.get_nowait()
            try:
                ended.put(_brought(hub, errand, meter))
            except Exception as error:  # noqa: BLE001 - raised again by who waits
                ended.put(error)


def _good(ending: str | Exception | None) -> str | None:
    if isinstance(ending, Exception):
        raise ending
    return ending


def _brought(hub: Hub, errand: _Errand, meter: _Meter) -> str | None:
    """What is wrong with the file that came; then it is deleted."""
    if (size_of(errand.part) or 0) > errand.file.size:
        errand.part.unlink()
    hub.fetch(errand.place.record, errand.file, errand.part, meter.add)
    sentence = fault(errand.part, errand.file, lambda _: meter.add(0))
    if sentence is not None:
        errand.part.unlink(missing_ok=True)
        return sentence
    _settle(errand.part, errand.path)
    return None


def _settle(part: Path, path: Path) -> None:
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(path)
