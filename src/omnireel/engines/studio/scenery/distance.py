"""The sky and what stands along the horizon."""

from __future__ import annotations

import math

from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.sets import EYE, Layer
from omnireel.engines.studio.scenery.sight import Sight
from omnireel.engines.studio.scenery.sprite import Sprite


def paint_sky(sight: Sight, bottom: int) -> None:
    """The sky with its last row just above row `bottom` of the frame."""
    sky, frame = sight.stage.sky, sight.painter.frame
    height, width = frame.shape[:2]
    left = int(sight.turned) % sky.shape[1]
    wrapped = left + width - sky.shape[1]
    first = sky.shape[0] - bottom
    # Rows that a tilt reveals beyond the sky's own repeat its first and last ones.
    top, end = max(0, -first), min(height, sky.shape[0] - first)
    rows = sky[first + top : first + end]
    if wrapped > 0:
        frame[top:end, : width - wrapped] = rows[:, left:]
        frame[top:end, width - wrapped :] = rows[:, :wrapped]
    else:
        frame[top:end] = rows[:, left : left + width]
    frame[:top] = frame[top]
    frame[end:] = frame[end - 1]


def paint_sun(sight: Sight, glow: Bytes, disc: Sprite) -> None:
    """Sun or moon with the shine around it."""
    light = sight.stage.light
    x, y = sight.sun_column, sight.view.horizon - light.sun_height * sight.view.height * 0.92
    sight.painter.light(glow, x, y, 1.0)
    opacity = min(1.0, light.sun_strength * 1.5)
    sight.painter.sprite(disc, x, y, 1.0, anchor=(0.5, 0.5), opacity=opacity)
    if not light.moon:
        sight.painter.light(glow, x, y, 0.12)


def paint_clouds(sight: Sight, clouds: Bytes) -> None:
    """The clouds, moved by the wind and a little by the camera."""
    view = sight.view
    drift = sight.t * (5 + 40 * sight.stage.light.wind) * view.height / 720
    step = sight.home.focal / view.focal
    left, top = sight.turned + drift + view.x * 0.6, view.horizon - clouds.shape[0] / step - 2
    sight.painter.strip(clouds, left=left, step=step, top=top, opacity=0.95)


def paint_layer(sight: Sight, layer: Layer) -> None:
    """One band of scenery at its depth."""
    view = sight.view
    ahead = max(1.0, layer.z - view.z)
    zoom = (view.focal / sight.home.focal) * layer.z / ahead
    scale = layer.height * view.height / layer.band.shape[0] * zoom
    lift = view.y if layer.near else view.y - EYE
    lift += layer.heave * math.sin(sight.t * 1.5 + layer.z)
    foot = view.horizon + lift * view.focal / ahead + layer.sink * view.height * zoom
    camera = (view.x - layer.drift * sight.t) * view.focal / ahead
    near = sight.haze(layer.z) if layer.near and layer.veiled else 0.0
    sight.painter.strip(
        layer.band,
        left=(camera - view.centre) / scale,
        step=1 / scale,
        top=foot - layer.band.shape[0] * scale,
        haze=(near * 0.6, near),
        haze_colour=sight.stage.light.haze,
    )
