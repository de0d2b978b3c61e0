"""Stages that run side by side: each one a plain iterator, some of them on threads of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")

_DEPTH = 3
"""Items that may wait between two stages; at 1080p each is about 6 MB."""
_NAP = 0.05
_FEWEST_TO_FAN = 3
_MOST_HANDS = 8


@dataclass(frozen=True)
class _End:
    error: BaseException | None = None


def ahead(items: Iterable[T], *, threads: int, depth: int = _DEPTH) -> Generator[T, None, None]:
    """The same items in the same order, made on another thread at most `depth` ahead of the taker.

    With `threads` of 1 nothing is started and the items are made as they are taken. Errors of the maker
    appear where its items would. Closing the iterator stops the maker and closes `items`.
    """
    return _one_by_one(items) if threads < 2 else _beside(items, depth)


def fanned(items: Iterable[T], work: Callable[[T], U], *, threads: int) -> Generator[U, None, None]:
    """`work` done on every item, the results in the items' order; on several threads with `threads` of 3 up.

    For a stage whose items do not depend on each other, such as painting a sculpted frame at full size.
    `work` may then be called from several threads at once, so it must write to nothing that calls share; in
    return the results are the same however many threads there are. Half of `threads` are used, at most 8:
    the stages beside this one need the rest. One more item than that is in hand at a time. Errors of `work`
    and of the items appear where the result would; closing the iterator waits for the calls under way and
    closes `items`.
    """
    return _in_turn(items, work) if threads < _FEWEST_TO_FAN else _at_once(items, work, threads // 2)


@contextmanager
def beside(work: Callable[[], object], *, threads: int) -> Iterator[None]:
    """`work` on a thread of its own while the block runs; both are done when it ends. For work whose only
    use is to be over early: with `threads` of 1 it is left out."""
    if threads < 2:
        yield
        return
    with ThreadPoolExecutor(1, "beside") as pool:
        done = pool.submit(work)
        yield
        done.result()


def _in_turn(items: Iterable[T], work: Callable[[T], U]) -> Generator[U, None, None]:
    with _closed(items) as source:
        for item in source:
            yield work(item)


def _at_once(items: Iterable[T], work: Callable[[T], U], hands: int) -> Generator[U, None, None]:
    hands = max(2, min(hands, _MOST_HANDS))
    under_way: deque[Future[U]] = deque()
    with _closed(items) as source, ThreadPoolExecutor(hands, "fan") as pool:
        try:
            for future in _submitted(pool, source, work):
                under_way.append(future)
                if len(under_way) > hands:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _submitted(pool: ThreadPoolExecutor, items: Iterator[T], work: Callable[[T], U]) -> Iterator[Future[U]]:
    """The calls as they are begun; an error of the items becomes the last call's and keeps its place."""
    try:
        for item in items:
            yield pool.submit(work, item)
    except Exception as error:  # noqa: BLE001 - handed to the taker, whole
        broken: Future[U] = Future()
        broken.set_exception(error)
        yield broken


def _closed(items: Iterable[T]) -> AbstractContextManager[Iterator[T]]:
    """The items' iterator, closed at the end where it can be."""
    source = iter(items)
    return closing(source) if isinstance(source, Generator) else nullcontext(source)


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
    with _closed(items) as source:
        for item in source:
            if stop.is_set():
                return
            waiting.put(item)


def _empty_until_done(waiting: Queue[T | _End], thread: Thread) -> None:
    while thread.is_alive():
        with suppress(Empty):
            waiting.get(timeout=_NAP)
    thread.join()
