"""Who directs, where the settings name a language model."""

from __future__ import annotations

from omnireel.execution.protocol import Consultant
from omnireel.settings import Settings


def consultant(settings: Settings) -> Consultant | None:
    """None where our own rules direct."""
    table = settings.director
    if table is None:
        return None
    key = table.api_key.get_secret_value() if table.api_key else ""
    return Consultant(table.base_url, table.model, key, table.seconds)
