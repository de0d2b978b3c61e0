"""The engine that needs no weights: it restyles, animates and composes on any CPU."""

from omnireel.engines.studio.engine import StudioEngine

__all__ = ["StudioEngine"]
