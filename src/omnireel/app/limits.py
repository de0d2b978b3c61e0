"""What an attempt may use, as the settings say."""

from __future__ import annotations

import os

from omnireel.execution.launching import LocalLimits
from omnireel.settings import Settings


def local_limits(settings: Settings) -> LocalLimits:
    cores = len(os.sched_getaffinity(0))
    return LocalLimits(
        media=settings.media_limits,
        memory=settings.engine_memory,
        threads=settings.engine_threads or max(1, cores // max(1, settings.workers)),
        attempt_seconds=settings.attempt_seconds,
        fetch_seconds=settings.fetch_seconds,
        stop_grace_seconds=settings.stop_grace_seconds,
        allow_private=settings.allow_private_network,
        models=settings.models_loaded,
    )
