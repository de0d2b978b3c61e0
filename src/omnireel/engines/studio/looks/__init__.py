"""Looks: what repaints the frames of a clip, each from a few samples, the canvas and a seed."""
