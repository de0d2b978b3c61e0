"""The database's history: one file in `versions` per change of shape, run by `open_database`."""
