"""The grades by name: what an hour, a kind of weather or a kind of film does to a picture."""

from __future__ import annotations

from omnireel.engines.studio.looks.grade import Grade
from omnireel.models import TimeOfDay, Weather

STYLES = {
    "noir": Grade(contrast=0.75, saturation=0.0, exposure=0.92, mixer=(0.10, 0.35, 0.55)),
    "vintage": Grade(
        contrast=0.15,
        saturation=0.62,
        gain=(0.80, 0.93, 1.0),
        lift=(0.05, 0.06, 0.09),
        gamma=(0.95, 1.0, 1.05),
    ),
    "autumn": Grade(
        contrast=0.12,
        saturation=1.1,
        gain=(0.82, 0.96, 1.05),
        bleed=((0.9, 0.1, 0.0), (0.1, 0.66, 0.24), (0.0, 0.52, 0.48)),
    ),
    "winter": Grade(
        exposure=1.12,
        saturation=0.38,
        gamma=(1.3, 1.22, 1.16),
        gain=(1.04, 1.0, 0.96),
        mixer=(0.1, 0.6, 0.3),
    ),
    "infrared": Grade(
        contrast=0.35, saturation=1.0, bleed=((0.8, 0.0, 0.2), (0.5, 0.1, 0.4), (-0.25, 1.35, -0.1))
    ),
    "fantasy": Grade(
        contrast=0.1,
        saturation=1.25,
        gamma=(1.1, 1.0, 1.08),
        gain=(1.03, 0.98, 1.04),
        lift=(0.07, 0.02, 0.05),
    ),
}

HOURS = {
    TimeOfDay.DAWN: Grade(
        exposure=0.95, saturation=0.85, gain=(0.93, 0.92, 1.04), lift=(0.09, 0.05, 0.06), contrast=-0.15
    ),
    TimeOfDay.DAY: Grade(exposure=1.06, saturation=1.05),
    TimeOfDay.GOLDEN_HOUR: Grade(
        contrast=0.2, saturation=1.1, gain=(0.70, 0.92, 1.08), lift=(0.03, 0.015, 0.03), gamma=(0.9, 1.0, 1.1)
    ),
    TimeOfDay.DUSK: Grade(
        exposure=0.68, contrast=0.2, saturation=0.8, gain=(0.95, 0.80, 0.95), lift=(0.12, 0.05, 0.06)
    ),
    TimeOfDay.NIGHT: Grade(
        exposure=0.46, contrast=0.25, saturation=0.55, gain=(1.0, 0.84, 0.68), lift=(0.075, 0.035, 0.015)
    ),
}

SKIES = {
    Weather.CLEAR: Grade(exposure=1.03, saturation=1.08, contrast=0.08),
    Weather.CLOUDY: Grade(exposure=0.92, saturation=0.72, contrast=-0.2, gain=(1.02, 1.0, 0.96)),
    Weather.RAIN: Grade(exposure=0.78, saturation=0.6, contrast=0.05, gain=(1.04, 0.99, 0.92)),
    Weather.STORM: Grade(exposure=0.58, saturation=0.5, contrast=0.3, gain=(1.06, 0.98, 0.88)),
    Weather.SNOW: Grade(exposure=1.02, saturation=0.6, contrast=-0.1, gain=(1.05, 1.01, 0.97)),
    Weather.FOG: Grade(exposure=0.95, saturation=0.6, contrast=-0.25),
}
