"""Submits by one Idempotency-Key are handled one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from omnireel.api.problems import Problem


class Underway:
    """The names of the submits that are being handled in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: set[str] = set()

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Raises Problem, 409, while another one by this name is inside."""
        with self._lock:
            if name in self._names:
                detail = "the first request with this Idempotency-Key is still being answered"
                raise Problem(409, "Idempotency conflict", detail, {"Retry-After": "1"})
            self._names.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._names.remove(name)
