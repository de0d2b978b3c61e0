"""Takes the shake out of a handheld source."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from omnireel.engines.studio.edits.camera_track import CameraTrack, Steps

MOST_CROPPED = 0.10
"""Share of the picture's width that steadying may cost."""
_SECONDS = 0.6
"""Width of the smoothing: slower movements are the camera's intention, faster ones its shake."""
_MOST_TURN = 0.03


def steadied(track: CameraTrack) -> tuple[Steps, float]:
    """`(n, 4)` corrections that bring every frame to where a steady camera would have seen it.

    With them, the share of the picture that is left without borders.

    Each shot's path is smoothed by itself; corrections beyond what the crop hides are held back softly.
    """
    paths, edges = track.paths(), [0, *track.cuts, len(track.steps)]
    parts = [_smoothed(paths[a:b], _SECONDS * track.fps) - paths[a:b] for a, b in pairwise(edges) if b > a]
    wanted = np.concatenate(parts)
    reach = np.array((MOST_CROPPED / 2 * 0.8, MOST_CROPPED / 2 * 0.45, 0.04, _MOST_TURN))
    held = np.asarray(np.tanh(wanted / reach) * reach)
    # What a turn, growth or move of this size uncovers at the border, on both sides.
    uncovered = (
        np.abs(held[:, 0]) + np.abs(held[:, 1]) * 0.9 + np.abs(held[:, 2]) / 2 + np.abs(held[:, 3]) / 2
    )
    margin = min(MOST_CROPPED / 2, float(uncovered.max(initial=0.0)))
    return held, 1 - 2 * margin


def _smoothed(path: Steps, sigma: float) -> Steps:
    """Gaussian along time. Beyond its ends the path goes on turned about them, so that a pan is no shake."""
    reach = max(1, round(3 * sigma))
    count = len(path)
    index = np.arange(-reach, count + reach)
    inside = np.clip(index, 0, count - 1)
    mirrored = np.clip(2 * inside - index, 0, count - 1)
    long = 2 * path[inside] - path[mirrored]
    long[reach : reach + count] = path
    weight = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    weight /= weight.sum()
    return np.stack([np.convolve(long[:, c], weight, "valid") for c in range(path.shape[1])], axis=1)
