"""The Idempotency-Key: what a submit that is to happen once is known by."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated

from fastapi import Header

from omnireel.api.auth import Caller
from omnireel.models import VideoRequest
from omnireel.tasks.codec import encode_request
from omnireel.tasks.idempotency import KEPT
from omnireel.tasks.store import Once

REPLAYED = {"Idempotent-Replayed": "true"}
PROMISED = {"X-Idempotency-Seconds": str(round(KEPT))}
"""On every answer of the API: whoever loses the next one knows that a submit may be sent again."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description=(
            "Makes the submit happen once: for seven days the same request with the same key and API key is "
            "answered with the same task, and with `Idempotent-Replayed: true`."
        ),
    ),
]


def once(caller: Caller, key: str, identified: VideoRequest) -> Once:
    """The submit by its name, which belongs to the caller's API key (rotated or not), and all it asks for."""
    asked = json.dumps(encode_request(identified), sort_keys=True)
    return Once(_digest(f"{caller.team}\n{caller.access.key_id}\n{key}"), _digest(asked))


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
