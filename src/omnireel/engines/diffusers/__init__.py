"""Open-weight diffusion models, through the diffusers library."""
