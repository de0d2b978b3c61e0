"""One attempt as the bridge sees it: find it a host, tell what it says, bring its clip home."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Any, Final

import ray
import structlog
from ray.exceptions import RayActorError, RayError, RayTaskError

from omnireel.execution.base import Ending, Lost, Made
from omnireel.execution.cluster.carrying import carry
from omnireel.execution.cluster.hosts import Host, Hosts
from omnireel.execution.cluster.messages import Alive, Begin, Ended, News, Report, Said
from omnireel.models import Stopped

PLACE_SECONDS: Final = 900.0
"""How long Ray may look for a node; starting one takes a cloud minutes."""
SILENCE_SECONDS: Final = 30.0
"""How long a host may say nothing before it is given up."""
PIECE_SECONDS: Final = 60.0
RELEASE_SECONDS: Final = 20.0
SLACK_SECONDS: Final = 3.0
"""On top of the grace period, for the way."""
_LOOK_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)


class Silent(Exception):
    """A host said nothing for too long."""


class Errand:
    """Runs on a thread of its own and may wait; `stop`, `confirm` and `drop` never do."""

    def __init__(self, begin: Begin, hosts: Hosts, grace: float, tell: Callable[[Report], None]) -> None:
        self._begin = begin
        self._hosts = hosts
        self._grace = grace
        self._tell = tell
        self._host: Host | None = None
        self._stop_by = float("inf")
        self._hand_over = False
        self._dropped = Event()
        self._seen = 0

    def open(self) -> None:
        Thread(target=self._run, name=f"errand-{self._begin.number}", daemon=True).start()

    def stop(self, *, hand_over: bool) -> None:
        self._hand_over = hand_over
        self._stop_by = time.monotonic() + self._grace + SLACK_SECONDS
        if self._host is not None:
            self._host.actor.stop.remote(self._begin.number, hand_over=hand_over)

    def confirm(self, note: str) -> None:
        if self._host is not None:
            self._host.actor.confirm.remote(self._begin.number, note)

    def drop(self) -> None:
        self._dropped.set()

    def _run(self) -> None:
        try:
            ending = self._carried_out()
        except RayError as error:
            ending = self._stopped_or(_reason(error))
        except Silent as error:
            ending = self._stopped_or(str(error))
        except (OSError, ValueError) as error:
            ending = Lost(f"the clip could not be brought here: {error}")
        except Exception as error:
            # An attempt without an ending would be waited for for ever.
            log.exception("attempt_unfollowed", task=self._begin.attempt.task_id)
            ending = Lost(f"the attempt could not be followed: {type(error).__name__}")
        # Told first: cleaning up may wait for a cluster that is not there.
        self._tell(Ended(self._begin.number, ending))
        self._let_go()

    def _carried_out(self) -> Ending:
        shape, engine = self._begin.shape, self._begin.attempt.engine
        self._host = self._hosts.idle(shape, engine) or self._hosts.new(shape, engine)
        with self._hosts.waiting.here(shape):
            host = self._placed(self._host)
        if not isinstance(host, Host):
            return host
        self._host = host
        self._begun(host)
        return self._followed(host)

    def _placed(self, host: Host) -> Host | Ending:
        """The host once Ray has placed it, or another one that is free sooner."""
        there = host.actor.report.remote()
        give_up = time.monotonic() + PLACE_SECONDS
        while not _ready(there):
            if self._dropped.is_set() or self._stopping:
                return Stopped()
            if time.monotonic() > give_up:
                return Lost("no node had room for the attempt")
            self._tell(Alive(self._begin.number))
            self._hosts.make_room(host.shape)
            if (free := self._hosts.idle(host.shape, self._begin.attempt.engine)) is not None:
                self._hosts.discard(host)
                return free
        ray.get(there)
        host.placed = True
        return host

    def _begun(self, host: Host) -> None:
        begun = host.actor.begin.remote(self._begin.number, self._begin.attempt)
        if self._stopping:
            host.actor.stop.remote(self._begin.number, hand_over=self._hand_over)
        ray.get(begun, timeout=SILENCE_SECONDS)

    def _followed(self, host: Host) -> Ending:
        while not self._dropped.is_set():
            if (news := self._heard(host)) is None:
                return self._stopped_or("the attempt was given up")
            self._seen = news.version
            self._tell(Said(self._begin.number, replace(news, ending=None)))
            if news.ending is not None:
                return self._brought(host, news)
        return Lost("the attempt was killed")

    def _heard(self, host: Host) -> News | None:
        """The next news; None when it is not to be waited for any longer. Raises RayError, Silent."""
        asked = host.actor.watch.remote(self._begin.number, self._seen)
        patience = time.monotonic() + SILENCE_SECONDS
        while not _ready(asked):
            now = time.monotonic()
            if self._dropped.is_set() or now > self._stop_by:
                return None
            if now > patience:
                raise Silent(f"the host said nothing for {SILENCE_SECONDS:g} seconds")
            self._tell(Alive(self._begin.number))
        if time.monotonic() > self._stop_by:
            return None
        news: News = ray.get(asked)
        return news

    def _brought(self, host: Host, news: News) -> Ending:
        if not isinstance(news.ending, Made):
            return news.ending or Lost("no ending")
        clip = carry(news.ending.clip, news.files, self._reader(host), self._begin.folder)
        return replace(news.ending, clip=clip)

    def _reader(self, host: Host) -> Callable[[str, int], bytes]:
        def read(part: str, offset: int) -> bytes:
            self._tell(Alive(self._begin.number))
            wanted = host.actor.read.remote(self._begin.number, part, offset)
            piece: bytes = ray.get(wanted, timeout=PIECE_SECONDS)
            return piece

        return read

    def _let_go(self) -> None:
        """Give the host back when it says that it is free, end it when it does not."""
        if self._host is None:
            return
        try:
            ray.get(self._host.actor.release.remote(self._begin.number), timeout=self._release_seconds)
        except RayError:
            self._hosts.discard(self._host)
        else:
            self._hosts.put_back(self._host)

    @property
    def _release_seconds(self) -> float:
        """One that has not been placed cannot answer, and need not be waited for."""
        return RELEASE_SECONDS if self._host is not None and self._host.placed else 0.0

    @property
    def _stopping(self) -> bool:
        return self._stop_by != float("inf")

    def _stopped_or(self, reason: str) -> Ending:
        return Stopped() if self._stopping else Lost(reason)


def _ready(reference: Any) -> bool:
    done, _ = ray.wait([reference], timeout=_LOOK_SECONDS)
    return bool(done)


def _reason(error: RayError) -> str:
    """What happened, without Ray's pages about it."""
    match error:
        case RayTaskError():
            return f"the host broke: {error.cause}"
        case RayActorError():
            return f"the host died: {_last_line(error)}"
    return f"Ray gave the host up: {type(error).__name__}"


def _last_line(error: RayError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(error).__name__
