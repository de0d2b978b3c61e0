"""Omnireel: a self-hosted omni-video service on the kling-video-o1 wire."""
