"""Bernini-R: Wan's transformer shown its sources as further tokens beside the clip it makes."""
