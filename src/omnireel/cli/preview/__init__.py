"""Moments of a video, shown in a terminal as well as it can."""
