"""Which known thing an English noun names, or comes near to."""
