"""Everything that can be asked for, by slug."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from omnireel.catalog import kling_v3_omni_video, kling_video_o1
from omnireel.catalog.model import Model

MODELS: Mapping[str, Model] = MappingProxyType(
    {model.slug: model for model in (kling_video_o1.MODEL, kling_v3_omni_video.MODEL)}
)
