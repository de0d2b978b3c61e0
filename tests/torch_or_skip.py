"""Imported ahead of the rest by tests that run models: skips them, saying why, where torch is missing."""

from __future__ import annotations

from typing import Any

import pytest

REASON = "needs torch, diffusers and transformers: pip install 'omnireel[diffusers]'"

torch: Any = pytest.importorskip("torch", reason=REASON)
diffusers: Any = pytest.importorskip("diffusers", reason=REASON)
transformers: Any = pytest.importorskip("transformers", reason=REASON)
