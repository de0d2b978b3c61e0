"""Where each kind of blob lies: the first part of its key."""

from __future__ import annotations

from typing import Final

RESULTS: Final = "results/"
"""Clips and posters, under task and fencing token. Kept as long as their task."""
INPUTS: Final = "inputs/"
"""Media that came inside a request. Kept until no unfinished task reads it."""
UPLOADS: Final = "uploads/"
"""Files uploaded once. Kept as long as `files` records them or an unfinished task reads them."""
