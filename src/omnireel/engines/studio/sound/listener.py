"""The sound of a clip, made beside its pictures as soon as every shot is known."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from omnireel.engines.base import Run
from omnireel.engines.studio.sound.heard import Heard
from omnireel.engines.studio.sound.score import score_of
from omnireel.engines.studio.sound.soundtrack import performed
from omnireel.media.frames import Samples


class Listener:
    """Gathers what is heard in each of `shots` shots. Use it as a context manager.

    `threads` of 2 or more makes the sound while pictures are still painted; the samples are the same.
    """

    def __init__(self, run: Run, shots: int, *, threads: int) -> None:
        self._run, self._shots = run, shots
        self._heard: list[Heard] = []
        self._beside = ThreadPoolExecutor(1, "sound") if threads > 1 else None
        self._made: Future[Samples] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._beside is not None:
            self._beside.shutdown(cancel_futures=True)

    def hear(self, heard: Heard) -> None:
        """Take note of the next shot. What it names and nobody can make is warned of."""
        self._heard.append(heard)
        if unknown := score_of([heard], self._run.seed).unknown:
            self._run.warn(f"The studio engine has no sound called {', '.join(unknown)}.")
        if len(self._heard) == self._shots and self._beside is not None:
            self._made = self._beside.submit(self._perform)

    def samples(self) -> Samples:
        """The whole clip's sound; waits for it."""
        return self._perform() if self._made is None else self._made.result()

    def _perform(self) -> Samples:
        return performed(score_of(self._heard, self._run.seed), self._run.seed)
