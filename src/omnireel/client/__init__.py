"""The SDK. Import it from `omnireel`; this room needs httpx2 and nothing else."""
