"""Weather between the lens and the scene: drops, flakes, fog, lightning, wet ground."""
