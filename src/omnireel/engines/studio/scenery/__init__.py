"""Sets, cast, light and lens for scenes composed from words alone."""
