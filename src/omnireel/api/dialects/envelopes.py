"""Whose paths are whose: errors there come in that dialect's envelope."""

from __future__ import annotations

from typing import Final

from omnireel.api.dialects.kling.errors import kling_envelope
from omnireel.api.dialects.openai.errors import openai_envelope
from omnireel.api.problems import Envelopes

ENVELOPES: Final = Envelopes((("/v1/videos/omni-video", kling_envelope), ("/v1", openai_envelope)))
