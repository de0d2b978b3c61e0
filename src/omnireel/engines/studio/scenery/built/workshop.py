"""The door to what is drawn here: a noun in, a figure with its moving parts out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.art import Art, trimmed
from omnireel.engines.studio.scenery.built import outline
from omnireel.engines.studio.scenery.built.easel import Easel
from omnireel.engines.studio.scenery.built.recipe import Mark, Move, Recipe, recipes
from omnireel.engines.studio.scenery.light import rgb


@dataclass(frozen=True)
class Layer:
    """Some of a figure, straight BGRA on the whole drawing's square, and how it moves."""

    picture: Bytes
    move: Move | None


@dataclass(frozen=True)
class Figure:
    """Something drawn here. `layers` lie over each other in order; `seconds` is the length of their cycle,
    0 where it follows the figure's own steps."""

    art: Art
    layers: tuple[Layer, ...]
    seconds: float

    @property
    def moves(self) -> bool:
        return any(layer.move is not None for layer in self.layers)

    @property
    def picture(self) -> Bytes:
        """The figure at rest, straight BGRA, cut to what shows."""
        return trimmed(_stacked([layer.picture for layer in self.layers]))


def built_names() -> frozenset[str]:
    """Every noun that `built` knows."""
    return frozenset(recipes())


@lru_cache(maxsize=24)
def built(noun: str) -> Figure | None:
    """The figure drawn for an English noun, or None."""
    recipe = recipes().get(noun.strip().lower())
    return None if recipe is None else _drawn(recipe)


def _drawn(recipe: Recipe) -> Figure:
    layers = []
    for part in recipe.parts:
        easel = Easel()
        for mark in part.marks:
            _draw(easel, mark)
        layers.append(Layer(easel.picture, part.move))
    name = recipe.names[0]
    art = Art(name, "", recipe.kind, recipe.motion, recipe.metres, recipe.facing)
    return Figure(art, tuple(layers), recipe.seconds)


def _draw(easel: Easel, mark: Mark) -> None:
    colour, points, first = rgb(mark.colour), list(mark.points), mark.numbers[0]
    match mark.kind:
        case "line" | "rope":
            path = points if mark.kind == "line" else outline.smooth(points, closed=False)
            easel.stroke(path, first, colour, mark.puff, mark.ink)
        case "grid":
            _draw_grid(easel, mark)
        case _:
            easel.fill(_outlined(mark.kind, points, first), colour, mark.puff, mark.ink)


def _outlined(kind: str, points: list[outline.Point], number: float) -> outline.Points:
    match kind:
        case "box":
            return outline.box(points[0], points[1], number)
        case "oval":
            return outline.oval(points[0], points[1], number)
        case "poly":
            return outline.softened(points, number)
        case "blob":
            return outline.smooth(points, closed=True)
    raise ValueError(f"no shape is called {kind!r}")


def _draw_grid(easel: Easel, mark: Mark) -> None:
    """Small boxes in rows: windows, planks, bricks."""
    (left, top), (right, bottom) = mark.points[:2]
    columns, rows, share = mark.numbers
    wide, tall = (right - left) / columns, (bottom - top) / rows
    for row in range(int(rows)):
        for column in range(int(columns)):
            x, y = left + (column + 0.5) * wide, top + (row + 0.5) * tall
            half = wide * share / 2, tall * share / 2
            corners = (x - half[0], y - half[1]), (x + half[0], y + half[1])
            easel.fill(outline.box(*corners, min(half) * 0.4), rgb(mark.colour), mark.puff)


def _stacked(pictures: list[Bytes]) -> Bytes:
    """Straight pictures over each other, as one straight picture."""
    below = pictures[0].astype(np.float32)
    for picture in pictures[1:]:
        above = picture[..., 3:].astype(np.float32) / 255
        beneath = below[..., 3:] / 255 * (1 - above)
        whole = above + beneath
        colour = (picture[..., :3] * above + below[..., :3] * beneath) / np.maximum(whole, 1e-3)
        below = np.concatenate([colour, whole * 255], axis=2)
    return below.round().astype(np.uint8)
