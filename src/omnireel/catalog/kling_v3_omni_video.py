"""`kling/kling-v3-omni-video`: the same body, any whole number of seconds from three to fifteen."""

from __future__ import annotations

from omnireel.catalog.conditions import between
from omnireel.catalog.model import Model
from omnireel.catalog.omni import omni_rules

_SECONDS = tuple(range(3, 16))

MODEL = Model(
    provider="kling",
    model_id="kling-v3-omni-video",
    display_name="Kling V3 Omni Video",
    description=(
        "Makes a video of 3 to 15 seconds from text, from reference pictures, or by repainting a source"
        " video. The name stands for the wire, which Omnireel speaks; Omnireel's own engines make the video."
    ),
    rules=omni_rules(
        between("duration", min(_SECONDS), max(_SECONDS)),
        prose="Without a source video, `duration` is a whole number of seconds from 3 to 15.",
    ),
    durations=_SECONDS,
    example={
        "prompt": "A lighthouse in a snowstorm, the beam sweeping the sea",
        "mode": "std",
        "duration": 8,
    },
)
