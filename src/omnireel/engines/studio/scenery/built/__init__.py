"""Things drawn here because the art pack has no picture of them, or none that moves."""
