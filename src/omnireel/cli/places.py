"""Where the command line keeps what is its user's: the folders of the XDG base directory specification."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

NAME = "omnireel"


def config_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """For keys: `$XDG_CONFIG_HOME/omnireel`, else `~/.config/omnireel`."""
    return _folder("XDG_CONFIG_HOME", ".config", environment)


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """For the history: `$XDG_STATE_HOME/omnireel`, else `~/.local/state/omnireel`."""
    return _folder("XDG_STATE_HOME", ".local/state", environment)


def _folder(variable: str, otherwise: str, environment: Mapping[str, str]) -> Path:
    said = environment.get(variable, "")
    # The specification has relative paths ignored.
    base = Path(said) if said.startswith("/") else Path.home() / otherwise
    return base / NAME
