"""`kling/kling-video-o1`: text, pictures or one clip in, five or ten seconds out."""

from __future__ import annotations

from omnireel.catalog.conditions import among
from omnireel.catalog.model import Model
from omnireel.catalog.omni import omni_rules

_SECONDS = (5, 10)

MODEL = Model(
    provider="kling",
    model_id="kling-video-o1",
    display_name="Kling Video O1",
    description=(
        "Makes a video from text, from reference pictures, or by repainting a source video. The name stands"
        " for the wire, which Omnireel speaks; Omnireel's own engines make the video."
    ),
    rules=omni_rules(
        among("duration", _SECONDS), prose="Without a source video, `duration` is 5 or 10 seconds."
    ),
    durations=_SECONDS,
    example={"prompt": "A paper boat sails down a rainy street at dusk", "mode": "std", "duration": 5},
)
