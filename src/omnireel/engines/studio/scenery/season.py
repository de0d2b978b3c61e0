"""What a season does to a set: blossom, coloured leaves, snow on everything."""

from __future__ import annotations

import re

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes, Colour, Floats
from omnireel.engines.studio.scenery.light import mix

_SAID = {
    "spring": r"\b(in|of|during|early|late|this) spring\b|\bspring(time| day| morning| evening)\b|"
    r"\bblossoms?\b|春天|春日|春季|樱花|桃花",
    "autumn": r"\bautumn(al)?\b|\bfall (leaves|colou?rs|foliage)\b|\bin (the )?fall\b|"
    r"\bfallen leaves\b|\bfalling leaves\b|秋|落叶|红叶|枫叶",
    "winter": r"\bwinter|\bwintry\b|冬天|冬日|冬季|寒冬|隆冬",
}
_INSTEAD = {("spring", "tree"): "cherry tree", ("autumn", "tree"): "maple tree"}
_FROSTED = {"tree", "pine", "palm", "rock", "log", "house", "garden house", "church", "hut", "cherry tree",
            "maple tree", "barn", "castle", "pagoda", "temple", "fence", "rail fence", "bench", "herb",
            "jungle tree", "fern", "cactus", "bush"}  # fmt: skip
_BLOOMS = {"daisy", "tulip", "hyacinth", "sunflower", "rose", "hibiscus", "clover", "herb", "wheat",
           "corn plant", "lotus"}  # fmt: skip
_AUTUMN: Colour = (52.0, 128.0, 206.0)
_WHITE: Colour = (252.0, 247.0, 242.0)


def season_of(prompt: str) -> str:
    """The season a prompt names: spring, autumn, winter, or nothing."""
    text = prompt.lower()
    return next((season for season, pattern in _SAID.items() if re.search(pattern, text)), "")


def drifting(season: str, motes: str) -> str:
    """What floats in the air of a place in a season: petals, leaves, or what usually does."""
    return {"spring": "petals", "autumn": "leaves"}.get(season, motes)


def stand_in(name: str, season: str) -> str:
    """What stands for a thing in a season: a tree blossoms or turns."""
    return _INSTEAD.get((season, name), name)


def is_frosted(name: str) -> bool:
    """Whether snow settles on a thing."""
    return name in _FROSTED


def is_bloom(name: str) -> bool:
    """Whether a thing is gone when nothing blooms."""
    return name in _BLOOMS


def foliage(colour: Colour, season: str, *, snowy: bool) -> Colour:
    """A green in its season."""
    if snowy:
        return mix(colour, _WHITE, 0.78)
    return mix(colour, _AUTUMN, 0.55) if season == "autumn" else colour


def turf(texture: Floats, season: str, snow: Floats | None) -> Floats:
    """Grown ground in its season; `snow` lies on it where given."""
    if snow is not None:
        return (texture * 0.12 + snow * 0.88).astype(np.float32)
    if season == "autumn":
        return (texture * np.array((0.86, 0.92, 1.62), np.float32)).astype(np.float32)
    return texture


def frosted(picture: Bytes) -> Bytes:
    """Snow on whatever faces upward."""
    alpha = picture[..., 3].astype(np.float32) / 255
    reach = max(3, picture.shape[0] // 9)
    above = np.zeros_like(alpha)
    above[reach:] = alpha[:-reach]
    bright = picture[..., :3].astype(np.float32).max(axis=2) / 255
    cap = np.clip((1 - above) * 1.6, 0, 1) * 0.9 + np.clip(bright * 1.25 - 0.45, 0, 1) * 0.35
    share = np.clip(cap, 0, 0.94)[..., None]
    white = picture.copy()
    white[..., :3] = (picture[..., :3] * (1 - share) + np.array((255, 250, 245)) * share).astype(np.uint8)
    return white
