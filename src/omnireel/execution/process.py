"""One child process: started clean, listened to, ended with everything it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from omnireel.execution.protocol import MAX_LINE, AnyEvent, decode_event, events_allowed

LOG_TAIL = 64 * 1024
"""How much of a child's standard error is kept, bytes."""
LAST_WORDS = 300
"""How much of its last line goes into the account of its end, characters."""
CLOSE_SECONDS = 10.0
READ_SIZE = 64 * 1024
READS_A_PUMP = 16
"""Bounds how long one `pump` can take, whatever the child writes."""


class ChildProcess:
    """Runs `command` with `order(events_fd)` on its standard input, and after it what `answer` is given.

    That input is a file in memory, so that no secret in an order touches a disk. The child has
    the `inherited` descriptors too.

    Linux ends the child with the *thread* that started it, so create it on a thread that lives as long as
    its owner. `now` is a clock in seconds that never goes back.
    """

    def __init__(
        self,
        command: Sequence[str],
        order: Callable[[int], bytes],
        *,
        environment: Mapping[str, str],
        folder: Path,
        now: Callable[[], float] = time.monotonic,
        inherited: Sequence[int] = (),
    ) -> None:
        self._events, child_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._events, False)
        try:
            self._input, self._told = _in_memory(order(child_end))
            try:
                self._popen = _spawn(command, self._input, (child_end, *inherited), environment, folder)
            except BaseException:
                os.close(self._input)
                raise
        except BaseException:
            os.close(self._events)
            raise
        finally:
            os.close(child_end)
        self._errors = _stderr_of(self._popen)
        self._line = bytearray()
        self._tail = bytearray()
        self._heard = 0
        self._now = now
        self._started = now()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def log(self) -> str:
        """The end of what it wrote to standard error."""
        return self._tail.decode(errors="replace")

    def pump(self) -> Iterator[AnyEvent]:
        """The events since the last call. Never waits. Raises ValueError when what comes is no event."""
        for chunk in _available(self._errors):
            self._tail += chunk
            del self._tail[:-LOG_TAIL]
        for chunk in _available(self._events):
            self._line += chunk
            yield from self._complete_lines()

    def _complete_lines(self) -> Iterator[AnyEvent]:
        *lines, rest = bytes(self._line).split(b"\n")
        self._line = bytearray(rest)
        if len(rest) > MAX_LINE or any(len(line) > MAX_LINE for line in lines):
            raise ValueError(f"an event is longer than {MAX_LINE} bytes")
        self._heard += len(lines)
        allowed = events_allowed(self._now() - self._started)
        if self._heard > allowed:
            raise ValueError(f"more than {allowed} events")
        for line in lines:
            yield decode_event(line)

    def answer(self, data: bytes) -> None:
        """Put more on its standard input. Never waits, whether it reads or not."""
        if self._errors >= 0:
            # The place where the child reads is this descriptor's too, so writing must not move it.
            self._told += os.pwrite(self._input, data, self._told)

    def exited(self) -> bool:
        """True once it is gone, with its process group. Never waits."""
        if self._popen.returncode is not None:
            return True
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        # Its number is still taken, so this cannot hit a stranger's group.
        self.signal(signal.SIGKILL)
        self._popen.wait()
        return True

    def obituary(self) -> str:
        """How it ended, for the operator."""
        code = self._popen.returncode
        # Bubblewrap passes a signal on as a status above 128, as shells do.
        number = -code if code < 0 else code - 128 if code > 128 else 0
        if number:
            return f"the child process was killed by signal {number}"
        last = self.log.strip().rpartition("\n")[2][-LAST_WORDS:]
        return f"the child process exited with status {code} and no result" + (f": {last}" if last else "")

    def signal(self, number: signal.Signals) -> None:
        """Send to its whole process group."""
        if self._popen.returncode is None:
            os.killpg(self.pid, number)

    def close(self) -> None:
        """End it now and give back its pipes."""
        if self._errors < 0:
            return
        self.signal(signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            # Only a process stuck in the kernel outlives this; waiting longer would not help it.
            self._popen.wait(timeout=CLOSE_SECONDS)
        os.close(self._events)
        os.close(self._errors)
        os.close(self._input)
        self._errors = -1


def _in_memory(data: bytes) -> tuple[int, int]:
    """A file that is nowhere, to be read from its beginning, and its length in bytes."""
    descriptor = os.memfd_create("order")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, len(data)


def _spawn(
    command: Sequence[str], stdin: int, kept: Sequence[int], environment: Mapping[str, str], folder: Path
) -> subprocess.Popen[bytes]:
    # A stop that arrives while Python still starts stays pending until the child has its handler in place.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=folder,
            env=dict(environment),
            pass_fds=tuple(kept),
            start_new_session=True,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stderr_of(popen: subprocess.Popen[bytes]) -> int:
    if popen.stderr is None:
        raise RuntimeError("the child was started without a pipe for its errors")
    own = os.dup(popen.stderr.fileno())
    popen.stderr.close()
    os.set_blocking(own, False)
    return own


def _available(descriptor: int) -> Iterator[bytes]:
    for _ in range(READS_A_PUMP):
        try:
            chunk = os.read(descriptor, READ_SIZE)
        except BlockingIOError:
            return
        if not chunk:
            return
        yield chunk
