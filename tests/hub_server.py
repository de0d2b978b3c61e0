"""A stand-in for a hub of models: the few routes that a download uses, with the hub's headers and habits.

Large files are known by SHA-256 and lie behind a redirect to another host; small ones are known by git's name
of their content and answered at once.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LARGE = (".safetensors", ".bin")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GATED = "Access to this model is restricted."


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    range: str | None
    token: str | None


@dataclass
class HubServer:
    """One repository, and what a test wants to go wrong with it."""

    repo: str = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
    files: dict[str, bytes] = field(default_factory=dict)
    commit: str = COMMIT
    base_url: str = ""
    elsewhere: str = ""
    """Where large files lie."""
    token: str | None = None
    """Only who shows it gets files."""
    spoiled: set[str] = field(default_factory=set)
    """Files of which one byte is not what the listing says."""
    cut: dict[str, int] = field(default_factory=dict)
    """Files whose next answer ends after so many bytes."""
    away_after_cut: bool = False
    """Whether everything is refused after that."""
    stall: dict[str, int] = field(default_factory=dict)
    """Files whose answers say nothing more after so many bytes, until `released`."""
    released: threading.Event = field(default_factory=threading.Event)
    claimed_size: int | None = None
    """Bytes that the listing says a large file has."""
    away: bool = False
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def listing(self) -> dict[str, Any]:
        siblings = [self._sibling(name, body) for name, body in self.files.items()]
        return {"id": self.repo, "sha": self.commit, "private": False, "gated": False, "siblings": siblings}

    def _sibling(self, name: str, body: bytes) -> dict[str, Any]:
        about: dict[str, Any] = {"rfilename": name, "size": len(body), "blobId": git_name(body)}
        if name.endswith(LARGE):
            about["size"] = self.claimed_size or len(body)
            about["lfs"] = {"sha256": sha256(body), "size": about["size"], "pointerSize": 134}
        return about

    def fetched(self) -> list[str]:
        """Files whose bytes were asked for, once per answer."""
        resolved = (re.search(r"/resolve/[^/]+/(.+)", one.path) for one in self.asked)
        return [found.group(1) for found in resolved if found]


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def git_name(body: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
        with self.hub.lock:
            self.hub.asked.append(Asked(path, self.headers.get("Range"), token))
            away = self.hub.away
        if away:
            self._refuse(503, "", "Service Unavailable")
        elif path.startswith("/api/models/"):
            self._list(path.removeprefix("/api/models/"))
        elif path.startswith("/large/"):
            self._send(path.removeprefix("/large/"))
        else:
            self._resolve(path, token)

    def _list(self, path: str) -> None:
        repo, _, revision = path.partition("/revision/")
        if repo != self.hub.repo:
            self._refuse(404, "RepoNotFound", "Repository not found")
        elif revision not in {"main", self.hub.commit}:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            self._answer(200, json.dumps(self.hub.listing()).encode(), {"Content-Type": "application/json"})

    def _resolve(self, path: str, token: str | None) -> None:
        name = path.removeprefix(f"/{self.hub.repo}/resolve/{self.hub.commit}/")
        if self.hub.token is not None and token != self.hub.token:
            self._refuse(401, "GatedRepo", GATED)
        elif name not in self.hub.files:
            self._refuse(404, "EntryNotFound", "Entry not found")
        elif name.endswith(LARGE):
            large = {"X-Linked-ETag": f'"{sha256(self.hub.files[name])}"', "X-Repo-Commit": self.hub.commit}
            self._answer(302, b"", large | {"Location": f"{self.hub.elsewhere}/large/{name}"})
        else:
            self._send(name)

    def _send(self, name: str) -> None:
        body = self.hub.files[name]
        if name in self.hub.spoiled:
            body = bytes([body[0] ^ 1]) + body[1:]
        headers = {"ETag": f'"{sha256(body)}"', "Accept-Ranges": "bytes", "X-Repo-Commit": self.hub.commit}
        begin, status = 0, 200
        if wanted := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or ""):
            begin, status = int(wanted.group(1)), 206
            headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        stalls = self.hub.stall.get(name)
        after = self._cut(name) if stalls is None else max(0, stalls - begin)
        self._answer(status, body[begin:], headers, after)
        if stalls is not None:
            self.wfile.flush()
            self.hub.released.wait()

    def _cut(self, name: str) -> int | None:
        with self.hub.lock:
            after = self.hub.cut.pop(name, None)
            self.hub.away = self.hub.away or (after is not None and self.hub.away_after_cut)
        return after

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._answer(status, b"", {"X-Error-Code": code, "X-Error-Message": message})

    def _answer(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = cut is not None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def hub_serving(files: dict[str, bytes]) -> Iterator[HubServer]:
    hub = HubServer(files=dict(files))
    handler = type("Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        hub.base_url = f"http://127.0.0.1:{server.server_port}"
        hub.elsewhere = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.released.set()
            server.shutdown()
            thread.join()
