"""From a clip in a scratch folder to files that a finished task hands back.

Keys hold the claim's fencing token and a key that is taken is left alone, so an attempt that lost its task
can overwrite nothing; what it published is referred to by no row and the janitor takes it away.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from omnireel.crashpoints import crash_point
from omnireel.execution.base import Made
from omnireel.models import Clip, Resource, Spritesheet, Succeeded
from omnireel.storage.base import BlobStore
from omnireel.tasks.places import RESULTS
from omnireel.tasks.store import Claim


def publish(blobs: BlobStore, claim: Claim, made: Made) -> Succeeded:
    """Store the clip and its pictures; what the task may then be finished with.

    Raises OSError, StorageAway.
    """
    crash_point("before_publish")
    clip = _clip(blobs, claim, made.clip)
    crash_point("mid_publish")
    poster = _poster(blobs, claim, made.clip)
    sheet = made.clip.spritesheet
    sheets = () if sheet is None else (_spritesheet(blobs, claim, sheet),)
    crash_point("after_publish")
    return Succeeded(
        resources=(clip, poster, *sheets),
        engine=claim.engine,
        seed=claim.seed,
        shots=made.clip.shots,
        passed_over=claim.route.passed,
        director=made.clip.director,
        warnings=tuple(dict.fromkeys((*claim.request.notes, *made.warnings))),
    )


def token_of(key: str) -> str | None:
    """The fencing token in a result's key, or None for a key that `publish` did not make."""
    match key.split("/"):
        case ["results", _, token, _]:
            return token
    return None


def _clip(blobs: BlobStore, claim: Claim, clip: Clip) -> Resource:
    key = _key(claim, "mp4")
    size, sha256 = _put(blobs, key, clip.path)
    return Resource(
        key=key,
        type="video",
        role="primary",
        format="mp4",
        width=clip.width,
        height=clip.height,
        size=size,
        sha256=sha256,
        duration=clip.duration,
        fps=float(clip.fps),
    )


def _poster(blobs: BlobStore, claim: Claim, clip: Clip) -> Resource:
    key = _key(claim, "jpg")
    size, sha256 = _put(blobs, key, clip.poster)
    return Resource(key, "image", "poster", "jpg", clip.width, clip.height, size, sha256)


def _spritesheet(blobs: BlobStore, claim: Claim, sheet: Spritesheet) -> Resource:
    key = _key(claim, "spritesheet.jpg")
    size, sha256 = _put(blobs, key, sheet.path)
    return Resource(key, "image", "spritesheet", "jpg", sheet.width, sheet.height, size, sha256)


def _put(blobs: BlobStore, key: str, source: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of what was stored."""
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    blobs.put_new(key, source)
    return size, sha256


def _key(claim: Claim, suffix: str) -> str:
    return f"{RESULTS}{claim.task_id}/{claim.token}/{claim.task_id}.{suffix}"
