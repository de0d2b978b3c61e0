"""Many videos from a file of requests: each asked for once, whatever happens in between."""
