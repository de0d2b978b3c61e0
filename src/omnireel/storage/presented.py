"""As what a stored file is handed out: told by its key alone, so every store says the same."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

CACHE_CONTROL: Final = "private, max-age=3600"

_TYPES: Final = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
_OTHER_TYPE: Final = "application/octet-stream"
_SENT_BY_CALLERS: Final = ("uploads/", "inputs/")


def media_type(key: str) -> str:
    """The value of Content-Type."""
    return _TYPES.get(PurePosixPath(key).suffix, _OTHER_TYPE)


def disposition(key: str) -> str:
    """`inline` for our own results, which may open in the browser; what callers sent is only ever saved."""
    ours = PurePosixPath(key).suffix in _TYPES and not key.startswith(_SENT_BY_CALLERS)
    return "inline" if ours else "attachment"
