"""Stages that run side by side: each one a plain iterator, some of them on threads of their own."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

_DEPTH = 3
"""Items that may wait between two stages; at 1080p each is about 6 MB."""
_NAP = 0.05


@dataclass(frozen=True)
class _End:
    error: BaseException | None = None


def ahead(items: Iterable[T], *, threads: int, depth: int = _DEPTH) -> Generator[T, None, None]:
    """The same items in the same order, made on another thread at most `depth` ahead of the taker.

    With `threads` of 1 nothing is started and the items are made as they are taken. Errors of the maker
    appear where its items would. Closing the iterator stops the maker and closes `items`.
    """
    return _one_by_one(items) if threads < 2 else _beside(items, depth)


def _one_by_one(items: Iterable[T]) -> Generator[T, None, None]:
    yield from items


def _beside(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    waiting: Queue[T | _End] = Queue(depth)
    stop = Event()
    thread = Thread(target=_fill, args=(items, waiting, stop), daemon=True)
    thread.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stop.set()
        _empty_until_done(waiting, thread)


def _fill(items: Iterable[T], waiting: Queue[T | _End], stop: Event) -> None:
    end = _End()
    try:
        _pass_on(items, waiting, stop)
    except BaseException as error:  # noqa: BLE001 - handed to the taker, whole
        end = _End(error)
    waiting.put(end)


def _pass_on(items: Iterable[T], waiting: Queue[T | _End], stop: Event) -> None:
    source = iter(items)
    with closing(source) if isinstance(source, Generator) else nullcontext():
        for item in source:
            if stop.is_set():
                return
            waiting.put(item)


def _empty_until_done(waiting: Queue[T | _End], thread: Thread) -> None:
    while thread.is_alive():
        with suppress(Empty):
            waiting.get(timeout=_NAP)
    thread.join()
