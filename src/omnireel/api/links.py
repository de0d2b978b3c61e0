"""Absolute links, always from the server's own base URL and never from a request's Host header."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class SignedLink:
    """A link to one of our own files, taken apart."""

    key: str
    expires: str
    signature: str


@dataclass(frozen=True)
class Links:
    """Where things are for somebody outside. `base` is an origin without a slash at its end."""

    base: str

    def task(self, task_id: str) -> str:
        return f"{self.base}/api/v1/tasks/{task_id}"

    def submit(self, slug: str) -> str:
        return f"{self.base}/api/v1/{slug}"

    def docs(self) -> str:
        return f"{self.base}/docs"

    def own_file(self, url: str) -> SignedLink | None:
        """What a link to our own files names; None for a link to anywhere else."""
        if not url.startswith(f"{self.base}/files/"):
            return None
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        prefix = urlsplit(self.base).path + "/files/"
        key = unquote(parts.path.removeprefix(prefix))
        return SignedLink(key, query.get("expires", [""])[0], query.get("signature", [""])[0])
