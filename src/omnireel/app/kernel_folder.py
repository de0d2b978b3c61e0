"""Where compiled kernels are kept: one place for all servers of a user, so that only the first compiles."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from omnireel.settings import Settings

_OTHERS_MAY_WRITE = 0o022


def kernel_folder(settings: Settings, environment: Mapping[str, str] = os.environ) -> Path:
    """The setting's, else one in the user's cache, else, where others may write there, one with the data.

    What lies there is code that attempts will run.
    """
    if settings.kernel_folder is not None:
        return settings.kernel_folder
    shared = _users_cache(environment)
    if shared is not None and _is_ours(shared):
        return shared / "kernels"
    return settings.data / "kernels"


def _users_cache(environment: Mapping[str, str]) -> Path | None:
    """`$XDG_CACHE_HOME/omnireel`, else `~/.cache/omnireel`; None for who has no home."""
    said = environment.get("XDG_CACHE_HOME", "")
    if said.startswith("/"):
        return Path(said) / "omnireel"
    home = environment.get("HOME", "")
    return Path(home) / ".cache" / "omnireel" if home.startswith("/") else None


def _is_ours(folder: Path) -> bool:
    """Whether the folder is there, or could be made, and nobody else may write into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError:
        return False
    mine = found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_MAY_WRITE
    return mine and os.access(folder, os.W_OK)
