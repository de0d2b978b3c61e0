"""Films: what stock, lens and projector do to a picture."""
