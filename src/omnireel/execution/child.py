"""The child process of an attempt: reads its order, gets into its box, works, says how it ended.

Started as `python -m omnireel.execution.child`; see `protocol` for what it reads and writes.
"""

from __future__ import annotations

import errno
import faulthandler
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from omnireel.errors import AttemptError, Canceled, EngineFailed, WorkerLost
from omnireel.execution.boxing import box_of
from omnireel.execution.child_logs import configure_child_logs
from omnireel.execution.protocol import (
    MAX_ORDER,
    MAX_TEXT,
    AnyEvent,
    Broke,
    Ceased,
    Done,
    Fell,
    Order,
    Phase,
    decode_order,
    encode_event,
)
from omnireel.execution.stages import Stages
from omnireel.media.sandbox import confine
from omnireel.models import Clip, VideoRequest

log = logging.getLogger(__name__)
MACHINE_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EROFS}


UNASKING = frozenset({Phase.FETCH, Phase.CONSULT, Phase.RECALL})
"""Phases whose work does not look for a stop by itself."""


class StopFlag:
    """Set by SIGTERM. Where nobody asks for it, the signal itself interrupts the work."""

    def __init__(self, *, interrupt: bool) -> None:
        self._interrupt = interrupt
        self._set = False
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def __call__(self) -> bool:
        return self._set

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._set = True
        if self._interrupt:
            raise Canceled("the attempt was told to stop")


def main() -> None:
    """Never returns: the interpreter's tidying up could only spoil a finished result."""
    faulthandler.enable()
    order = decode_order(sys.stdin.buffer.read(MAX_ORDER))
    fcntl.fcntl(order.events, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    configure_child_logs(order)
    tell = _teller(order.events)
    tell(_ending(order, tell))
    os._exit(0)


def _teller(descriptor: int) -> Callable[[AnyEvent], None]:
    pipe = os.fdopen(descriptor, "wb", buffering=0)

    def tell(event: AnyEvent) -> None:
        line = memoryview(encode_event(event))
        while line:
            line = line[pipe.write(line) or 0 :]

    return tell


def _ending(order: Order, tell: Callable[[AnyEvent], None]) -> AnyEvent:
    try:
        stopping = StopFlag(interrupt=order.phase in UNASKING)
        confine(box_of(order), order.layers)
        return Done(_work(order, tell, stopping))
    except Canceled:
        return Ceased()
    except WorkerLost as error:
        return Broke(str(error)[:MAX_TEXT])
    except AttemptError as error:
        return Fell(error.type, str(error)[:MAX_TEXT], error.retryable)
    except MemoryError:
        most = order.bounds.memory // 1024**2
        return _failed(f"the work needs more memory than the {most} MiB it may use")
    except Exception as error:
        log.exception("the attempt broke")
        return _unforeseen(error)


def _unforeseen(error: Exception) -> AnyEvent:
    """A full disk is the machine's fault and worth another attempt; a bug would only repeat itself."""
    if isinstance(error, OSError) and error.errno in MACHINE_FAULTS:
        return Broke(f"{type(error).__name__}: {error.strerror}")
    return _failed(f"the engine broke: {type(error).__name__}")


def _failed(message: str) -> Fell:
    return Fell(EngineFailed.type, message, EngineFailed.retryable)


def _work(order: Order, tell: Callable[[AnyEvent], None], stopping: Callable[[], bool]) -> Clip | None:
    # Each phase loads only what it needs: a fetch no decoder, a render no HTTP client.
    match order.phase:
        case Phase.PREPARE:
            from omnireel.execution.rendering import prepare

            prepare(order)
        case Phase.FETCH:
            from omnireel.execution.fetching import fetch_inputs

            fetch_inputs(order, _request(order), Stages(tell))
        case Phase.CONSULT:
            from omnireel.execution.consulting import consult

            consult(order, _request(order), Stages(tell))
        case Phase.RECALL:
            from omnireel.execution.rendering import recall

            recall(order)
        case Phase.RENDER:
            from omnireel.execution.rendering import render

            return render(order, _request(order), tell, stopping)
    return None


def _request(order: Order) -> VideoRequest:
    if order.request is None:
        raise WorkerLost("the order names no request")
    return order.request


if __name__ == "__main__":
    main()
