"""Where each kind of blob lies: the first part of its key."""

from __future__ import annotations

from typing import Final

RESULTS: Final = "results/"
"""Clips and posters, under task and fencing token. Kept as long as their task."""
INPUTS: Final = "inputs/"
"""What callers sent, under team and content. Kept while an unfinished task or an upload needs it."""
UPLOADS: Final = "uploads/"
"""What links to uploads name. Their bytes are under INPUTS, those of older versions here: kept as long."""
