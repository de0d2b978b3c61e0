"""Light: colour cubes, what passes and what is added, hours and seasons."""
