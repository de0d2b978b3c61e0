"""What an operator says about an account with Kling."""

from __future__ import annotations

from pydantic import Field, SecretStr

from omnireel.engines.spec import Options
from omnireel.models import JobKind


class KlingOptions(Options):
    """An account with Kling, or with somebody who speaks as it does."""

    base_url: str = Field(default="https://api-singapore.klingai.com", pattern=r"^https?://[^/?#@\s]+$")
    access_key: str = Field(min_length=1, max_length=256)
    secret_key: SecretStr = Field(min_length=1, max_length=1024)
    model: str | None = Field(default=None, max_length=256)
    """What is asked for there, by Kling's name; the same as here when not said."""
    kinds: frozenset[JobKind] = frozenset(JobKind)
    """What it is trusted with."""
    sound: bool = True
    inline_videos: bool = False
    """Whether source videos are taken as Base64. Kling takes links only."""
    wait_seconds: float = Field(default=600.0, ge=0)
    """How long to wait while it says that there are too many orders."""
    patience_seconds: float = Field(default=120.0, ge=0, le=86_400)
    """How long it may be away while it makes a clip."""
    deadline_seconds: float = Field(default=1500.0, gt=0)
    """A clip that takes longer is given up."""
    expected_seconds: float = Field(default=180.0, gt=0)
    """How long a clip takes; for the progress, of which Kling tells none."""
