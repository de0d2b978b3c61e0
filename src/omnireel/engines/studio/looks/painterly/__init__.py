"""Looks made with brush, pencil, charcoal and ink."""
