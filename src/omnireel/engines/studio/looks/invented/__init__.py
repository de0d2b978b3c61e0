"""Looks made up from materials and colours, or from a picture."""
