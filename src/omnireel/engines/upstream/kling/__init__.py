"""Clips ordered from Kling's own service, over its omni-video API."""
