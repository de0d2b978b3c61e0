"""Which of its sources each setting is from, and which variables look like settings and are none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from omnireel.cli.session import KEY_VARIABLE, URL_VARIABLE

PREFIX: Final = "OMNIREEL_"
SETTINGS_FILE: Final = Path("omnireel.toml")
DEFAULT: Final = "default"
_OTHERS: Final = {URL_VARIABLE, KEY_VARIABLE, "OMNIREEL_WEBHOOK_SECRET", "OMNIREEL_CRASH_POINT"}
"""Variables of ours that are no settings of a server."""


def sources_of_settings() -> Mapping[str, str]:
    """Where each setting's value is from; a table may have several sources."""
    from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

    from omnireel.settings import Settings

    environment: dict[str, Any] = EnvSettingsSource(Settings)()
    file: dict[str, Any] = TomlConfigSettingsSource(Settings)()
    return {name: _source(name, environment.get(name), file.get(name)) for name in Settings.model_fields}


def unknown_variables(names: frozenset[str]) -> list[str]:
    """Variables that begin like a setting's and are nobody's; `names` are the settings."""
    known = {PREFIX + name.upper() for name in names} | _OTHERS
    return sorted(
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known
    )


def _source(name: str, said: object, written: object) -> str:
    variable = _variable(name) if said is not None else None
    file = str(SETTINGS_FILE.absolute()) if written is not None else None
    if isinstance(written, dict) or file is None or variable is None:
        return ", ".join(filter(None, [variable, file])) or DEFAULT
    return variable


def _variable(name: str) -> str:
    """As it is spelt in the environment, where case does not matter."""
    wanted = PREFIX + name.upper()
    return next(spelt for spelt in os.environ if spelt.upper() == wanted)
