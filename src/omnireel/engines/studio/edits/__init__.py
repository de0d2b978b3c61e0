"""Edits: changes to a source video that leave it what it is."""
