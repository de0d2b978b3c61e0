"""Which colours a named thing has in a clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnireel.engines.studio.edits.colour_classes import (
    NAMED,
    ColourClass,
    fitted,
    hues_of,
    membership,
    strongest_hue,
)
from omnireel.engines.studio.picture.palette import chroma_of
from omnireel.engines.studio.picture.raster import Plane, lab_of, shrunk, size_of, stretched
from omnireel.engines.studio.picture.saliency import saliency_of
from omnireel.media.frames import Frame

_SIZE = (160, 90)
_LEAST = 0.0008
"""Share of the picture below which a colour is not there."""
_CLEARLY = 0.4
"""Share of all vivid colour a thing must have, when nothing else tells which colour is its own."""
_VIVID = (24.0, 60.0)
_FOLIAGE = (88.0, 165.0)
_SKIN = (28.0, 72.0)
_SKIN_CHROMA = 36.0

_USUAL = {
    "foliage": "grass leaf tree bush plant forest lawn meadow frog lime cactus vine hedge palm moss bamboo",
    "blue": "sea ocean lake river pool water sky",
    "yellow": "banana lemon sun sunflower duckling chick corn taxi",
    "red": "tomato strawberry cherry apple rose heart ladybug poppy",
    "orange": "orange carrot pumpkin fox fire flame campfire goldfish",
    "white": "snow swan cloud sheep polar-bear snowman",
    "brown": "bear deer",
}
_USUAL_COLOUR = {noun: colour for colour, nouns in _USUAL.items() for noun in nouns.split()}
_EARTHY = (40.0, 72.0)
"""Hues that soil and stems have too, only paler."""
_OF_MANY_COLOURS = {"flower", "tulip", "blossom", "bouquet", "butterfly", "balloon", "petal"}
"""Whatever is vivid and neither leaf nor skin is theirs."""
_IN_MANY_PLACES = _OF_MANY_COLOURS | {noun for noun, colour in _USUAL_COLOUR.items() if colour == "foliage"}
_OF_A_BODY = {
    "hair", "eye", "face", "skin", "hand", "man", "woman", "boy", "girl", "person", "child", "baby", "beard",
    "nose", "leg", "arm", "head", "foot",
}  # fmt: skip
"""Their colours are those of what is around them; only a colour named in the prompt tells them apart."""


def colours_of(noun: str, colour: str | None, samples: Sequence[Frame]) -> tuple[ColourClass, ...]:
    """The colour classes of a thing, or none where the samples do not show it.

    By the colour the prompt gives it, else the one it usually has, else what stands out most.
    """
    lab, weights = _pooled(samples)
    named = NAMED.get(colour or _USUAL_COLOUR.get(noun, ""))
    if named is not None:
        found = fitted(named, lab, weights)
        return (found,) if _is_there(found, lab) else ()
    if noun in _OF_A_BODY:
        return ()
    vivid = weights * np.clip((chroma_of(lab) - _VIVID[0]) / 20, 0, 1) * _neither_leaf_nor_skin(lab)
    return _all_vivid(lab, vivid) if noun in _OF_MANY_COLOURS else _most_vivid(lab, vivid)


def smallest_part(noun: str) -> float:
    """Area of the least part that counts, as a share of the largest: a car is one thing, grass is many."""
    return 0.015 if noun in _IN_MANY_PLACES else 0.12


def _pooled(samples: Sequence[Frame]) -> tuple[Plane, Plane]:
    """Every sampled pixel's colour, and how much it stands out."""
    small = [shrunk(frame, _SIZE) for frame in samples]
    lab = np.concatenate([lab_of(frame.reshape(-1, 3)) for frame in small])
    salient = [stretched(saliency_of(frame), size_of(frame)) for frame in small]
    weights = np.concatenate([plane.reshape(-1) for plane in salient]) + np.float32(0.08)
    return lab, np.asarray(weights, np.float32)


def _is_there(colours: ColourClass, lab: Plane) -> bool:
    return float(membership(colours, lab).mean()) > _LEAST


def _neither_leaf_nor_skin(lab: Plane) -> Plane:
    hues = hues_of(lab)
    leaf = (hues > _FOLIAGE[0]) & (hues < _FOLIAGE[1])
    warm = (hues > _SKIN[0]) & (hues < _SKIN[1])
    skin = warm & (chroma_of(lab) < _SKIN_CHROMA) & (lab[:, 0] > 35)
    return np.asarray(~(leaf | skin), np.float32)


def _most_vivid(lab: Plane, vivid: Plane) -> tuple[ColourClass, ...]:
    """The one hue that stands out, if one clearly does."""
    found = strongest_hue(lab, vivid * chroma_of(lab))
    if found is None or found[1] < _CLEARLY:
        return ()
    colours = ColourClass(found[0], 24.0, chroma=(_VIVID[0], _VIVID[0] + 14))
    return (colours,) if _is_there(colours, lab) else ()


def _all_vivid(lab: Plane, vivid: Plane) -> tuple[ColourClass, ...]:
    """Every hue but those of leaves and skin, as far as it is there."""
    ring = (0.0, 40.0, 72.0, 200.0, 240.0, 280.0, 320.0)
    classes = [
        ColourClass(hue, 20.0, chroma=(44.0, 58.0) if hue in _EARTHY else (16.0, 30.0)) for hue in ring
    ]
    return tuple(each for each in classes if float((membership(each, lab) * (vivid > 0)).mean()) > _LEAST)
