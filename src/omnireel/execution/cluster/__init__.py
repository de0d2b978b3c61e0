"""Attempts on the machines of a Ray cluster. See `architecture/cluster.md`."""
