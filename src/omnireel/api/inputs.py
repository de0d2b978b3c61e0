"""What came as media becomes references: Base64 is stored, our own links are looked up, others are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from omnireel.api.intake import Intake, digest_of
from omnireel.api.links import Links, SignedLink
from omnireel.api.scratch import scratch_file
from omnireel.errors import InvalidFormat, InvalidRequest, NotFound, OutOfRange
from omnireel.media.inline import read_base64, write_base64
from omnireel.media.limits import check_limits, max_bytes
from omnireel.media.sniff import Sniffed, sniff
from omnireel.models import MediaLimits, MediaRef, VideoRequest
from omnireel.storage.base import ServedBlobs
from omnireel.tasks.files import MediaFiles

LONGEST_URL = 8192
"""Characters."""
_LONGEST_URL_JSON = 6 * LONGEST_URL
_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]{0,31}):")
Medium = msgspec.Raw | Path
"""A medium as it came: the JSON text of a URL or of Base64, quotes included, or a file with its bytes."""
_NOT_IN_URLS = re.compile(r"[\s\x00-\x1f\x7f]")


class Inputs:
    """Brings media in. Every file is sniffed and measured before it counts; nothing is decoded."""

    def __init__(
        self,
        *,
        blobs: ServedBlobs,
        files: MediaFiles,
        intake: Intake,
        links: Links,
        limits: MediaLimits,
        scratch: Path,
    ) -> None:
        self._blobs = blobs
        self._files = files
        self._intake = intake
        self._links = links
        self._limits = limits
        self._scratch = scratch

    def bring_in(self, team: str, request: VideoRequest, media: Mapping[str, Medium]) -> VideoRequest:
        """The request with each label in its references swapped for a real address.

        What it names is stored when this returns, and stays while the request is on its way. Raises
        InvalidFormat or OutOfRange, naming the entry, for what is no URL and no acceptable medium.
        """
        images = tuple(self._reference(team, ref, media[ref.uri]) for ref in request.images)
        videos = tuple(self._reference(team, ref, media[ref.uri]) for ref in request.videos)
        return replace(request, images=images, videos=videos)

    def identify(self, request: VideoRequest, media: Mapping[str, Medium]) -> VideoRequest:
        """The request with each label swapped for what it stands for, nothing stored and no link checked.

        Base64 becomes the digest of its content and a link to a file of ours the file's name, so the same
        medium is the same however it was written down. Raises InvalidFormat or OutOfRange.
        """
        images = tuple(self._identity(ref, media[ref.uri]) for ref in request.images)
        videos = tuple(self._identity(ref, media[ref.uri]) for ref in request.videos)
        return replace(request, images=images, videos=videos)

    def _identity(self, ref: MediaRef, medium: Medium) -> MediaRef:
        with _naming(ref.uri):
            if isinstance(medium, Path):
                return replace(ref, uri=f"sha256:{digest_of(medium)}")
            text = memoryview(medium)[1:-1]
            if _scheme(text) in ("http", "https"):
                url = _read_url(text)
                link = self._links.own_file(url)
                return replace(ref, uri=f"blob:{link.key}" if link else url)
            content = sha256()
            for block in read_base64(text, limit=max_bytes(ref.kind, self._limits)):
                content.update(block)
            return replace(ref, uri=f"sha256:{content.hexdigest()}")

    def _reference(self, team: str, ref: MediaRef, medium: Medium) -> MediaRef:
        with _naming(ref.uri):
            if isinstance(medium, Path):
                return self._kept(team, ref, medium)
            text = memoryview(medium)[1:-1]
            scheme = _scheme(text)
            if scheme in ("http", "https"):
                return self._linked(ref, _read_url(text))
            if scheme not in ("", "data"):
                raise InvalidFormat(f"must be an http(s) URL or Base64, not a {scheme}: URL")
            return self._stored(team, ref, text)

    def _linked(self, ref: MediaRef, url: str) -> MediaRef:
        link = self._links.own_file(url)
        return self._own(ref, link) if link else replace(ref, uri=url)

    def _own(self, ref: MediaRef, link: SignedLink) -> MediaRef:
        """A file that lies here already is read from storage, not fetched through the network."""
        if not self._blobs.opens(link.key, expires=link.expires, signature=link.signature):
            raise InvalidFormat("this link to a file of this service has expired or was changed")
        try:
            blob = self._files.blob_of(link.key)
            with scratch_file(self._scratch) as path:
                self._blobs.get(blob, path)
                self._measure(ref, path)
        except NotFound:
            raise _no_longer_here() from None
        if not self._files.hold_input(blob):
            raise _no_longer_here()
        return replace(ref, uri=f"blob:{blob}")

    def _stored(self, team: str, ref: MediaRef, text: memoryview) -> MediaRef:
        with scratch_file(self._scratch) as path:
            write_base64(text, path, limit=max_bytes(ref.kind, self._limits))
            return self._kept(team, ref, path)

    def _kept(self, team: str, ref: MediaRef, path: Path) -> MediaRef:
        sniffed = self._measure(ref, path)
        return replace(ref, uri=f"blob:{self._intake.store(team, path, sniffed.format)}")

    def _measure(self, ref: MediaRef, path: Path) -> Sniffed:
        sniffed = sniff(path, ref.kind)
        check_limits(sniffed, self._limits)
        return sniffed


def _no_longer_here() -> InvalidFormat:
    return InvalidFormat("the linked file is no longer here")


@contextmanager
def _naming(label: str) -> Iterator[None]:
    """Say in an error which entry it is about."""
    try:
        yield
    except InvalidRequest as error:
        # Half of what is raised below goes on where the name stops, half is a sentence of its own.
        joint = " " if str(error).startswith(("is ", "must ")) else ": "
        raise type(error)(f"parameter '{label}'{joint}{error}", field=label.partition("[")[0]) from None


def _scheme(text: memoryview) -> str:
    """The scheme a string begins with, in lower case; empty when it has none, as Base64 does."""
    match = _SCHEME.match(text[:64])
    return match[1].decode().lower() if match else ""


def _read_url(text: memoryview) -> str:
    url = _json_string(text) if len(text) <= _LONGEST_URL_JSON else None
    if url is None or len(url) > LONGEST_URL:
        raise OutOfRange(f"must be a URL of at most {LONGEST_URL} characters, got {len(url or text)}")
    if _NOT_IN_URLS.search(url):
        raise InvalidFormat("must be a URL without white space and control characters")
    _check_host(url)
    return url


def _check_host(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidFormat("is not a URL that can be read") from None
    if not parts.hostname:
        raise InvalidFormat("must be a URL that names a host")
    if parts.username is not None:
        raise InvalidFormat("must be a URL without a user name and password")


def _json_string(text: memoryview) -> str:
    try:
        return msgspec.json.decode(b'"%b"' % bytes(text), type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidFormat("is not a JSON string in UTF-8") from None
