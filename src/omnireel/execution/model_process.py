"""The process that keeps models loaded between attempts; it serves one attempt at a time.

Started as `python -m omnireel.execution.model_process`. Its order comes on standard input; then, on a
socket of packets, a lease for each attempt: the engine's name, and the end of a link to the attempt. When
the attempt has let go, the lease's number goes back. It dies with the worker.
"""

from __future__ import annotations

import array
import faulthandler
import logging
import os
import signal
import socket
import sys
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from omnireel.engines.base import Model
from omnireel.engines.link import Link, LinkLost, Message
from omnireel.engines.registry import make_model
from omnireel.engines.spec import EngineSpec
from omnireel.errors import AttemptError, Canceled, DeviceBroken, EngineFailed, NotFound
from omnireel.execution.protocol import MAX_ORDER, MAX_TEXT
from omnireel.media.syscalls import die_with_parent, no_new_privileges

MAX_LEASE = 64 * 1024
"""Longest lease, bytes."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelOrder:
    """All the process is told. `control` is the descriptor that leases come on."""

    threads: int
    keep: int
    """Models loaded at a time."""
    parent: int
    control: int


class Lease(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attempt's turn."""

    number: int
    engine: str
    task: str
    kind: str
    options: dict[str, Any]
    """What the engine is made by; who never has a turn tells this process nothing."""


class Shelf:
    """Models that are loaded, the last used one last. What is over `keep` goes before another is loaded."""

    def __init__(self, *, threads: int, keep: int) -> None:
        self._threads, self._keep = threads, keep
        self._loaded: OrderedDict[str, Model] = OrderedDict()

    def take(self, engine: str, spec: EngineSpec) -> Model:
        """Raises AttemptError when it cannot be loaded."""
        if engine not in self._loaded:
            while len(self._loaded) >= self._keep:
                self._loaded.popitem(last=False)[1].close()
            try:
                self._loaded[engine] = make_model(engine, spec, threads=self._threads)
            except NotFound as error:
                raise EngineFailed(str(error)) from error
        self._loaded.move_to_end(engine)
        return self._loaded[engine]


def main() -> None:
    """Never returns."""
    faulthandler.enable()
    order = msgspec.json.decode(sys.stdin.buffer.read(MAX_ORDER), type=ModelOrder)
    # The worker stops attempts, not this; what is stopped is noticed at the next step.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    no_new_privileges()
    die_with_parent(order.parent)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    control = socket.socket(fileno=order.control)
    control.set_inheritable(False)
    shelf = Shelf(threads=order.threads, keep=order.keep)
    while (granted := next_lease(control)) is not None:
        lease, link = granted
        log.info("task %s begins with the model of %s", lease.task, lease.engine)
        spec = EngineSpec(lease.kind, lease.options)
        answer_all(link, partial(shelf.take, lease.engine, spec))
        control.send(str(lease.number).encode())
    os._exit(0)


def next_lease(control: socket.socket) -> tuple[Lease, Link] | None:
    """Waits for one; None when there will be no more."""
    size = array.array("i").itemsize
    data, ancillary, _, _ = control.recvmsg(MAX_LEASE, socket.CMSG_SPACE(size), socket.MSG_CMSG_CLOEXEC)
    if not data:
        return None
    [(_, _, descriptors)] = ancillary
    end = socket.socket(fileno=int.from_bytes(descriptors[:size], sys.byteorder))
    return msgspec.json.decode(data, type=Lease), Link(end)


def answer_all(link: Link, take: Callable[[], Model]) -> None:
    """Answer with the model that `take` gives until the attempt lets go."""
    with closing(link):
        try:
            link.send(Message({"ready": True}))
            while True:
                asked = link.receive()
                link.send(_answer(asked, link, take))
        except LinkLost:
            return


def _answer(asked: Message, link: Link, take: Callable[[], Model]) -> Message:
    def step(share: float, note: str) -> None:
        if not link.quiet():
            raise Canceled("nobody waits for it any more")
        link.send(Message({"progress": share, "note": note}))

    try:
        step(0.0, "loading the model")
        return take().answer(asked, step)
    except Canceled as error:
        raise LinkLost(str(error)) from error
    except DeviceBroken as error:
        log.exception("device broken")
        link.send(_failed(error))
        os._exit(1)
    except AttemptError as error:
        return _failed(error)
    except LinkLost:
        raise
    except Exception as error:
        log.exception("model broke")
        return _failed(EngineFailed(f"the model broke: {type(error).__name__}"))


def _failed(error: AttemptError) -> Message:
    return Message({"failed": type(error).__name__, "message": str(error)[:MAX_TEXT]})


if __name__ == "__main__":
    main()
