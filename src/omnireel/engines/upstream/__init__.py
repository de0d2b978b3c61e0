"""Engines that have somebody else make the clip, and fetch it."""
