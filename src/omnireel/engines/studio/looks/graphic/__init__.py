"""Graphic looks: drawn and printed ones, and those built of many small pieces."""
