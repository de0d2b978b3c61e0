"""Clips ordered from Kling: once, found again by a name of ours, followed, fetched."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import httpx2

from omnireel.engines.base import Capabilities, Run
from omnireel.engines.sidecar.server import MAX_VIDEO, Forgotten, Silent, Unreached
from omnireel.engines.spec import Options
from omnireel.engines.upstream.kling.account import TOKEN, Account, KlingOrder, Refused
from omnireel.engines.upstream.kling.asking import kling_body, left_out
from omnireel.engines.upstream.kling.options import KlingOptions
from omnireel.engines.upstream.ordering import order_once
from omnireel.errors import (
    AttemptError,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    FetchFailed,
    InvalidRequest,
    WorkerLost,
)
from omnireel.media.adopt import Wanted, adopt
from omnireel.media.egress import EgressPolicy
from omnireel.media.fetch import fetch
from omnireel.models import Clip, Job, VideoRequest

REMEMBERED_SECONDS: Final = 5 * 24 * 3600.0
"""For so long at least a name stands for one order: Kling keeps tasks for a month, Omnireel for a week."""
LOOK_SECONDS: Final = 1.0
STEP_SECONDS: Final = 0.1
FETCH_SECONDS: Final = 300.0
FETCH_TRIES: Final = 3
ORDERED, MADE = 0.02, 0.94
MAKING: Final = "upstream: making the clip"


class KlingEngine:
    """Orders the clip once; see `ordering`. An order cannot be called off: Kling has no word for that."""

    name = "kling"
    Options: ClassVar[type[Options]] = KlingOptions

    def __init__(self, *, threads: int, options: KlingOptions) -> None:
        self._threads = threads
        self._options = options
        self.capabilities = Capabilities(
            kinds=options.kinds,
            sound=options.sound,
            multi_shot=True,
            network=True,
            cpus=0.5,
            paid=True,
            directed=False,
        )

    def check(self, request: VideoRequest) -> None:
        """Refuses videos that Kling could not fetch."""
        if not self._options.inline_videos and any(ref.blob_key is not None for ref in request.videos):
            raise InvalidRequest("the upstream takes a source video as a public link only", field="videos")

    def prepare(self, scratch: Path) -> None:
        """Needs nothing."""

    def close(self) -> None:
        """Holds nothing between clips."""

    def generate(self, job: Job, run: Run) -> Clip:
        """Raises EngineUnavailable before there is an order, EngineFailed, EngineLost, OutcomeUnknown."""
        request = job.request
        for name in left_out(request):
            run.warn(f"The upstream does not know '{name}', so it was left out.")
        with httpx2.Client(trust_env=False) as http:
            account = Account(self._options, http)
            order_id = self._ordered(account, job, run)
            path = self._fetched(account, self._followed(account, order_id, run), run)
        seconds = None if request.duration is None else float(request.duration)
        wanted = Wanted(sound=request.sound or request.keep_original_sound, seconds=seconds)
        clip = adopt(path, run, wanted, threads=self._threads, prompt=request.prompt)
        run.report(1.0, "done")
        return clip

    def _ordered(self, account: Account, job: Job, run: Run) -> str:
        def order(name: str) -> str:
            options = self._options
            body = kling_body(
                job.request,
                job.storyboard.kind,
                run,
                model=options.model,
                inline_videos=options.inline_videos,
            )
            return self._placed(account, body | {"external_task_id": name}, name, run)

        return order_once(run, lambda: _promised(account), order)

    def _placed(self, account: Account, body: dict[str, Any], name: str, run: Run) -> str:
        """The order under this name, made now or before: a name stands for one order.

        So an answer that was lost is asked for again. Raises EngineUnavailable when there is surely no order,
        WorkerLost when there may be one and only a later attempt can tell.
        """
        began = time.monotonic()
        lost = False
        while True:
            problem: Silent | Refused
            try:
                return _found_or_made(account, body, name)
            except Silent as error:
                problem = error
                lost = lost or not isinstance(error, Unreached)
            except Refused as refusal:
                if not refusal.crowded:
                    raise _as_it_is(refusal, lost=lost) from refusal
                problem = refusal
            if time.monotonic() - began > self._patience(problem, lost=lost):
                raise _not_placed(problem, lost=lost) from problem
            _wait(run, 0.0, "upstream: waiting to order")

    def _patience(self, problem: Silent | Refused, *, lost: bool) -> float:
        """Seconds. Where nothing can have arrived, somebody else may as well do it."""
        if lost:
            return self._options.patience_seconds
        return self._options.wait_seconds if isinstance(problem, Refused) else 0.0

    def _followed(self, account: Account, order_id: str, run: Run) -> KlingOrder:
        """The order when it has succeeded."""
        began = seen = time.monotonic()
        while True:
            try:
                order = account.show(order_id)
            except Forgotten:
                raise EngineLost("the upstream knows nothing of the order any more") from None
            except (Silent, Refused) as error:
                if time.monotonic() - seen > self._options.patience_seconds:
                    raise EngineLost(f"the upstream was away for too long: {error}") from error
            else:
                seen = time.monotonic()
                if order.status == "failed":
                    raise EngineFailed(f"the upstream failed: {order.message or 'it does not say why'}")
                if order.status == "succeed":
                    return order
            elapsed = time.monotonic() - began
            if elapsed > self._options.deadline_seconds:
                raise EngineLost(f"the upstream took longer than {self._options.deadline_seconds:g} seconds")
            share = min(0.95, elapsed / self._options.expected_seconds)
            _wait(run, ORDERED + share * (MADE - ORDERED), MAKING)

    def _fetched(self, account: Account, order: KlingOrder, run: Run) -> Path:
        """The clip. Links expire, so one that does not work is asked for anew."""
        path = run.scratch / "fetched"
        for warning in order.warnings:
            run.warn(warning)
        tries = 1
        while True:
            run.report(MADE, "fetching")
            try:
                fetch(order.link, path, policy=self._policy(order.link), limit=MAX_VIDEO)
            except FetchFailed as error:
                if tries == FETCH_TRIES:
                    raise EngineLost(f"the clip is made and cannot be fetched: {error}") from error
            else:
                return path
            tries += 1
            _wait(run, MADE, "fetching")
            # Else the link that there is has another chance.
            with suppress(Silent, Refused, Forgotten):
                order = account.show(order.order_id)

    def _policy(self, link: str) -> EgressPolicy:
        """Links lead to the public internet, or back to where the operator has us order."""
        own = urlsplit(link)[:2] == urlsplit(self._options.base_url)[:2]
        return EgressPolicy(allow_private=own, total_seconds=FETCH_SECONDS, idle_seconds=60.0)


def _found_or_made(account: Account, body: dict[str, Any], name: str) -> str:
    """Raises Refused only when there is no order under this name, Unreached, Silent."""
    try:
        return account.create(body).order_id
    except Refused as refusal:
        return _found(account, name, refusal)


def _found(account: Account, name: str, refusal: Refused) -> str:
    """The name may be taken: by an attempt that died, or a call whose answer was lost."""
    try:
        return account.show(name).order_id
    except Forgotten:
        raise refusal from None
    except Refused as again:
        if again.code in TOKEN:
            raise refusal from None
        raise Silent(f"it refused ({refusal}), and then to say why ({again})") from again
    except Silent as error:
        raise Silent(f"it refused ({refusal}), and then: {error}") from error


def _promised(account: Account) -> float:
    try:
        account.check()
    except Refused as refusal:
        if refusal.crowded:
            return REMEMBERED_SECONDS
        raise EngineUnavailable(str(refusal.explained())) from refusal
    except Silent as error:
        raise EngineUnavailable(f"the upstream takes no orders now: {error}") from error
    return REMEMBERED_SECONDS


def _as_it_is(refusal: Refused, *, lost: bool) -> AttemptError:
    """A request that is no good was none the first time either; an account may have changed since."""
    found = refusal.explained()
    return _not_placed(refusal, lost=True) if lost and isinstance(found, EngineUnavailable) else found


def _not_placed(problem: Exception, *, lost: bool) -> EngineUnavailable | WorkerLost:
    if lost:
        return WorkerLost(f"nobody knows yet whether the upstream took the order: {problem}")
    return EngineUnavailable(f"the upstream takes no orders now: {problem}")


def _wait(run: Run, progress: float, note: str) -> None:
    until = time.monotonic() + LOOK_SECONDS
    run.report(progress, note)
    while time.monotonic() < until:
        time.sleep(STEP_SECONDS)
        run.report(progress, note)
