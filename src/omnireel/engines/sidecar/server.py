"""One inference server: its health, what it is busy with, and one job from submit to file.

Both dialects answer with the same job object. vLLM-Omni gives a failed job an error status, so a body that is
a job is believed whatever the status. Neither keeps jobs over a restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2

from omnireel.engines.sidecar.asking import Asking, media_name
from omnireel.errors import EngineFailed, EngineUnavailable
from omnireel.models import MediaRef

ANSWER_SECONDS: Final = 10.0
SUBMIT_SECONDS: Final = 120.0
MAX_VIDEO: Final = 1024**3
"""Bytes of a video that are fetched before giving up on it."""
MAX_ANSWER: Final = 4 * 1024**2
NOT_FOR_US: Final = frozenset({401, 402, 403})
REFUSED: Final = "the server does not take this server's key, or its account is empty"
BUSY: Final = frozenset({"queued", "in_progress"})


class Forgotten(Exception):
    """The server knows no such job: it was restarted."""


class Silent(Exception):
    """The server does not answer, or not in a way that can be read."""


class Unreached(Silent):
    """Nothing can have arrived there."""


@dataclass(frozen=True)
class RemoteJob:
    """`progress` is 0 to 1, `error` why it failed."""

    job_id: str
    status: str
    progress: float
    error: str


class Server:
    """`origin` is where it listens, `health` the path at which it says so; `http` is not closed here."""

    def __init__(self, origin: str, http: httpx2.Client, health: str = "/health") -> None:
        self.origin = origin
        self._http = http
        self._health = health

    def healthy(self) -> bool:
        try:
            return self._http.get(self.origin + self._health, timeout=ANSWER_SECONDS).status_code == 200
        except httpx2.HTTPError:
            return False

    def busy(self) -> bool:
        """Whether it works on anything, whosever it is: a job that nobody waits for still has the GPU.

        Raises Silent.
        """
        listed = self._json(self._ask("GET", "/v1/videos", params={"limit": "100"}))
        jobs = listed.get("data") if isinstance(listed, Mapping) else None
        if not isinstance(jobs, list):
            raise Silent(f"{self.origin} lists no jobs")
        return any(isinstance(job, Mapping) and job.get("status") in BUSY for job in jobs)

    def promised(self) -> float:
        """Seconds for which an Idempotency-Key is remembered there, 0 when it is not.

        Raises EngineUnavailable, Silent.
        """
        answer = self._ask("GET", "/v1/models")
        if answer.status_code in NOT_FOR_US:
            raise EngineUnavailable(REFUSED)
        promise = answer.headers.get("x-idempotency-seconds", "")
        return float(promise) if promise.isdecimal() else 0.0

    def submit(self, asking: Asking, paths: Mapping[MediaRef, Path], *, key: str = "") -> RemoteJob:
        """`key` stands for the job where somebody remembers it.

        Raises EngineFailed for what it refuses, EngineUnavailable when it takes nothing, Silent when nobody
        knows whether it took it.
        """
        headers = {"Idempotency-Key": key} if key else {}
        with ExitStack() as opened:
            files = [
                (name, (media_name(ref, place), opened.enter_context(paths[ref].open("rb"))))
                for place, (name, ref) in enumerate(asking.files)
            ]
            # A form has parts even when it has no files; vLLM-Omni takes nothing else.
            parts = [(name, (None, value)) for name, value in asking.fields.items()]
            answer = self._ask(
                "POST", "/v1/videos", headers=headers, files=[*parts, *files], timeout=SUBMIT_SECONDS
            )
        if answer.status_code in NOT_FOR_US:
            raise EngineUnavailable(REFUSED)
        if answer.status_code == 429:
            raise EngineUnavailable("the inference server takes no more work now")
        if answer.status_code >= 500:
            raise Silent(f"{self.origin} answers with status {answer.status_code}")
        if answer.status_code >= 400:
            raise EngineFailed(f"the inference server refuses the request: {_reason(self._json(answer))}")
        return self._job(answer)

    def job(self, job_id: str) -> RemoteJob:
        """Raises Forgotten, Silent."""
        answer = self._ask("GET", f"/v1/videos/{job_id}")
        if answer.status_code == 404:
            raise Forgotten(job_id)
        return self._job(answer)

    def delete(self, job_id: str) -> bool:
        """Whether it is gone there, and stopped where the server can stop. Raises Silent."""
        return self._ask("DELETE", f"/v1/videos/{job_id}", timeout=2.0).status_code != 409

    def fetch(self, job_id: str, path: Path) -> None:
        """Raises EngineFailed when there is no file to be had, Forgotten, Silent."""
        try:
            with self._http.stream(
                "GET", f"{self.origin}/v1/videos/{job_id}/content", timeout=SUBMIT_SECONDS
            ) as answer:
                if answer.status_code == 404:
                    raise Forgotten(job_id)
                if answer.status_code != 200:
                    raise EngineFailed(
                        f"the inference server hands out no file (status {answer.status_code})"
                    )
                _save(answer, path)
        except httpx2.HTTPError as error:
            raise Silent(f"{self.origin} broke off: {type(error).__name__}") from error

    def _ask(self, method: str, path: str, timeout: float = ANSWER_SECONDS, **more: Any) -> httpx2.Response:
        try:
            return self._http.request(method, self.origin + path, timeout=timeout, **more)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise Unreached(f"{self.origin} cannot be reached: {type(error).__name__}") from error
        except httpx2.HTTPError as error:
            raise Silent(f"{self.origin} does not answer: {type(error).__name__}") from error

    def _json(self, answer: httpx2.Response) -> Any:
        try:
            if len(answer.content) <= MAX_ANSWER:
                return answer.json()
        except ValueError:
            pass
        raise Silent(f"{self.origin} answers with something else than JSON (status {answer.status_code})")

    def _job(self, answer: httpx2.Response) -> RemoteJob:
        match self._json(answer):
            case {"id": str(job_id), "status": str(status)} as found:
                value = found.get("progress")
                progress = value / 100 if isinstance(value, int | float) else 0.0
                return RemoteJob(job_id, status, min(1.0, max(0.0, progress)), _reason(found))
        raise Silent(f"{self.origin} answers without a job (status {answer.status_code})")


def _save(answer: httpx2.Response, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        for block in answer.iter_bytes():
            size += len(block)
            if size > MAX_VIDEO:
                raise EngineFailed(f"the inference server's file is larger than {MAX_VIDEO} bytes")
            file.write(block)


def _reason(body: Any) -> str:
    """Why, in the server's words, wherever it put them."""
    match body:
        case {"error": {"message": str(message)}} | {"detail": str(message)} | {"message": str(message)}:
            return message[:500]
        case {"detail": list(faults)} if faults:
            return str(faults[0])[:500]
    return "it does not say why"


@contextmanager
def opened(api_key: str | None, *, far: bool = False) -> Iterator[httpx2.Client]:
    """Connections to servers of the operator's own, without proxies and redirects; with both when `far`."""
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    with httpx2.Client(headers=headers, trust_env=far, follow_redirects=far) as http:
        yield http
