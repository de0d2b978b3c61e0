"""Recipes: things written down as lists of shapes, in `recipes/*.txt`.

    [noun, other noun] kind motion metres facing seconds
    box COLOUR x,y x,y radius       oval COLOUR x,y rx,ry turn
    poly COLOUR x,y x,y … radius    blob COLOUR x,y x,y …
    line COLOUR width x,y x,y …     rope COLOUR width x,y x,y …
    grid COLOUR x,y x,y columns rows share
    @move x,y amount phase          what follows moves so; `@still` ends it
    like noun COLOUR>COLOUR …       everything of an earlier recipe, repainted

Lengths are hundredths of the drawing's side, y downward; `puff=0.4` says how round a shape is, `ink=0.5` how
opaque. `seconds` is how long one cycle of the moving parts takes; 0 ties them to the gait's own steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

_FOLDER = files("omnireel.engines.studio.scenery.built") / "recipes"
_PUFF = 0.55
_RADIUS = 1.2


@dataclass(frozen=True)
class Mark:
    """One shape: its kind, paint as `rrggbb`, points, and numbers that follow."""

    kind: str
    colour: str
    points: tuple[tuple[float, float], ...]
    numbers: tuple[float, ...] = (_RADIUS,)
    puff: float = _PUFF
    ink: float = 1.0


@dataclass(frozen=True)
class Move:
    """How a part moves within one cycle; see `moving.py` for the kinds."""

    kind: str
    pivot: tuple[float, float]
    amount: float = 1.0
    phase: float = 0.0


@dataclass(frozen=True)
class Part:
    """Shapes that move as one; `move` is None for those that stand still."""

    marks: tuple[Mark, ...]
    move: Move | None = None


@dataclass(frozen=True)
class Recipe:
    """A thing in words. Facts as in `Art`."""

    names: tuple[str, ...]
    kind: str
    motion: str
    metres: float
    facing: str
    seconds: float
    parts: tuple[Part, ...] = field(default=())


@cache
def recipes() -> dict[str, Recipe]:
    """Every recipe by each of its nouns."""
    known: dict[str, Recipe] = {}
    for path in sorted(_FOLDER.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".txt"):
            for recipe in _read(path.read_text(encoding="utf-8"), known):
                known |= dict.fromkeys(recipe.names, recipe)
    return known


def _read(text: str, known: dict[str, Recipe]) -> Iterator[Recipe]:
    for block in text.split("\n[")[1:]:
        head, *lines = block.splitlines()
        recipe = _headed(head)
        known |= dict.fromkeys(recipe.names, replace(recipe, parts=tuple(_parts(lines, known))))
        yield known[recipe.names[0]]


def _headed(head: str) -> Recipe:
    names, facts = head.split("]")
    kind, motion, metres, facing, seconds = facts.split()
    spellings = tuple(name.strip() for name in names.split(","))
    return Recipe(spellings, kind, motion, float(metres), facing, float(seconds))


def _parts(lines: list[str], known: dict[str, Recipe]) -> Iterator[Part]:
    marks: list[Mark] = []
    move: Move | None = None
    for line in lines:
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "like":
            yield from _repainted(known[words[1].replace("_", " ")], words[2:])
        elif words[0].startswith("@"):
            if marks:
                yield Part(tuple(marks), move)
            marks, move = [], _move(words)
        else:
            marks.append(_mark(words))
    if marks:
        yield Part(tuple(marks), move)


def _move(words: list[str]) -> Move | None:
    if words[0] == "@still":
        return None
    points, numbers = _figures(words[1:])
    amount, phase, *_ = (*numbers, *(1.0, 0.0)[len(numbers) :])
    return Move(words[0][1:], points[0] if points else (50.0, 50.0), amount, phase)


def _mark(words: list[str]) -> Mark:
    said = dict(word.split("=") for word in words if "=" in word)
    points, numbers = _figures([word for word in words[2:] if "=" not in word])
    usual = 0.0 if words[0] == "oval" else _RADIUS
    puff, ink = float(said.get("puff", _PUFF)), float(said.get("ink", 1))
    return Mark(words[0], words[1], tuple(points), tuple(numbers) or (usual,), puff, ink)


def _figures(words: list[str]) -> tuple[list[tuple[float, float]], list[float]]:
    pairs = [word.split(",") for word in words if "," in word]
    points = [(float(x), float(y)) for x, y in pairs]
    return points, [float(word) for word in words if "," not in word]


def _repainted(recipe: Recipe, changes: list[str]) -> Iterator[Part]:
    paints = dict(change.split(">") for change in changes)
    for part in recipe.parts:
        marks = (replace(mark, colour=paints.get(mark.colour, mark.colour)) for mark in part.marks)
        yield replace(part, marks=tuple(marks))
