"""One photograph seen by a moving camera."""
