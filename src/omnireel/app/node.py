"""What a node of a cluster runs attempts with: the dispatcher's choices, and the node's own secrets.

Of the dispatcher's settings a node gets those that say how attempts go. The engines and what they are told,
the bucket's credentials and its own folders it finds itself, in its environment and its `omnireel.toml`: what
is sent along, Ray keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from omnireel.app.consultant import consultant
from omnireel.app.engines import configured
from omnireel.app.kernel_folder import kernel_folder
from omnireel.app.limits import local_limits
from omnireel.clock import SystemClock
from omnireel.execution import scratch
from omnireel.execution.local import LocalExecutor
from omnireel.settings import Settings
from omnireel.storage.base import BlobStore
from omnireel.storage.bucket import open_bucket
from omnireel.storage.links import FileLinks
from omnireel.storage.local import LocalBlobs

OPENER: Final = "omnireel.app.node:open_node"

_SENT: Final = frozenset(
    {
        "engine",
        "s3_bucket",
        "s3_prefix",
        "s3_endpoint",
        "s3_region",
        "attempt_seconds",
        "stop_grace_seconds",
        "fetch_seconds",
        "engine_memory",
        "allow_private_network",
        "sandbox",
        "media_limits",
    }
)


def sent(settings: Settings) -> dict[str, Any]:
    """What a node is told of a dispatcher's settings; no secret is among them."""
    return settings.model_dump(mode="json", include=set(_SENT)) | {"data": str(settings.data)}


def open_node(told: Mapping[str, Any], threads: int) -> LocalExecutor:
    """An executor for one attempt at a time. Raises CannotStart, ValueError."""
    choices = dict(told)
    data = Path(choices.pop("data"))
    settings = Settings(**choices)
    if "data" not in settings.model_fields_set:
        settings = settings.model_copy(update={"data": data})
    # What a host that was killed has left here; nobody else may come by.
    scratch.sweep(settings.data / "scratch")
    return LocalExecutor(
        settings.data / "scratch",
        _blobs(settings),
        slots=1,
        cache=kernel_folder(settings),
        limits=replace(local_limits(settings), threads=threads),
        sandbox_mode=settings.sandbox,
        engines=(settings.engine,) if ":" in settings.engine else (),
        configured=configured(settings),
        consultant=consultant(settings),
    )


def _blobs(settings: Settings) -> BlobStore:
    # Nobody asks a node for links.
    links = FileLinks("", secret=b"", clock=SystemClock())
    if settings.s3_bucket is not None:
        return open_bucket(settings, links, patient=True)
    return LocalBlobs(settings.data / "files", base_url="", secret=b"", clock=SystemClock())
