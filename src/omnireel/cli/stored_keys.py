"""Keys kept for servers, by origin, in one file that is its owner's alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from omnireel.cli.places import config_folder
from omnireel.cli.private_file import FileUnusable, held, read_private, write_private


@dataclass(frozen=True)
class StoredKeys:
    """What the file says. `default` is the server to talk to when nothing else names one."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    default: str | None = None

    def with_key(self, origin: str, key: str) -> StoredKeys:
        return replace(self, keys={**self.keys, origin: key})

    def without(self, origin: str) -> StoredKeys:
        kept = {name: key for name, key in self.keys.items() if name != origin}
        return StoredKeys(kept, None if self.default == origin else self.default)


def key_file() -> Path:
    return config_folder() / "keys.json"


def stored_keys() -> StoredKeys:
    """What is kept; nothing when there is no file. Raises FileUnusable."""
    path = key_file()
    text = read_private(path)
    if text is None:
        return StoredKeys()
    try:
        return _read(json.loads(text))
    except (ValueError, RecursionError):
        raise FileUnusable(f"{path} is not understood: mend it, or remove it and log in again") from None


def change_stored_keys(change: Callable[[StoredKeys], StoredKeys]) -> None:
    """Replace what is kept by what `change` makes of it. Raises FileUnusable."""
    path = key_file()
    with held(path):
        kept = change(stored_keys())
        document = {"default": kept.default, "keys": dict(kept.keys)}
        write_private(path, json.dumps(document, indent=2) + "\n")


def _read(document: object) -> StoredKeys:
    match document:
        case {"keys": dict(keys), "default": None | str() as default}:
            if all(isinstance(text, str) for pair in keys.items() for text in pair):
                return StoredKeys(keys, default)
    raise ValueError("not keys by origin")
