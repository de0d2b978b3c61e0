"""Where compiled kernels are kept: one place for all servers of a user, so that only the first compiles."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from omnireel.settings import Settings

_OTHERS_MAY_WRITE = 0o022


def kernel_folder(settings: Settings, environment: Mapping[str, str] = os.environ) -> Path:
    """The setting's, else one in the user's cache, else, where others may write there, one with the data.

    What lies there is code that attempts will run. Nothing is made by asking.
    """
    if settings.kernel_folder is not None:
        return settings.kernel_folder
    cache = _users_cache(environment)
    if cache is None or not _is_ours(cache / "omnireel" / "kernels", cache):
        return settings.data / "kernels"
    return cache / "omnireel" / "kernels"


def _users_cache(environment: Mapping[str, str]) -> Path | None:
    """`$XDG_CACHE_HOME`, else `~/.cache`; None for who has no home."""
    said = environment.get("XDG_CACHE_HOME", "")
    if said.startswith("/"):
        return Path(said)
    home = environment.get("HOME", "")
    return Path(home) / ".cache" if home.startswith("/") else None


def _is_ours(folder: Path, cache: Path) -> bool:
    """Whether nobody else may write to what there is of a folder and of its parents, down from the cache."""
    line = [folder, *folder.parents]
    inside = [path for path in line[: line.index(cache) + 1] if path.exists()]
    return all(map(_is_private, inside or [_nearest(cache)]))


def _nearest(folder: Path) -> Path:
    """The folder itself, or the first of its parents that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _is_private(folder: Path) -> bool:
    try:
        found = folder.stat()
    except OSError:
        return False
    mine = found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_MAY_WRITE
    return mine and folder.is_dir() and os.access(folder, os.W_OK)
