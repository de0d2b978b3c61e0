"""Inference servers beside us, over their `/v1/videos`."""
