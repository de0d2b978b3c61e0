"""The pages of `architecture/`, brought beside the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parents[2] / "architecture"
_ELSEWHERE: Final = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")
"""A link into the repository, where the site does not reach."""


def rooms() -> dict[str, str]:
    """Each page by its file name."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in SOURCE.glob("*.md")}
    return {name: _ELSEWHERE.sub(r"`\1`", text) for name, text in texts.items()}
