"""How many attempts there is room for."""

from __future__ import annotations

from collections.abc import Mapping

from omnireel.execution.cluster.messages import Shape


def fitting(shape: Shape, free: Mapping[str, float]) -> int:
    """How many times a shape fits into what a node has free, by Ray's names."""
    return int(min(free.get(name, 0.0) / amount for name, amount in shape.resources.items()))
