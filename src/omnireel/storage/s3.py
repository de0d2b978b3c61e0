"""Blobs in a bucket: S3, or a server that speaks its protocol.

Every blob is stored by one PUT. That is atomic, may be conditional, and when the process dies there is
nothing left to clear away, which cannot be said of a multipart upload. Its price is S3's own limit of 5 GiB.
"""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Final

import obstore
import structlog
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from omnireel.crashpoints import crash_point
from omnireel.errors import NotFound, StorageAway
from omnireel.storage.base import BlobInfo, Method
from omnireel.storage.keys import check_key, is_key
from omnireel.storage.links import FileLinks
from omnireel.storage.presented import CACHE_CONTROL, disposition, media_type
from omnireel.storage.s3_troubles import Bucket, is_missing_key, reason_of

log = structlog.get_logger(__name__)

_CHUNK: Final = 1024 * 1024
_CONNECT: Final = timedelta(seconds=5)
_FIRST_PAUSE: Final = timedelta(milliseconds=100)
_LONGEST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_LINK: Final = timedelta(days=7)
"""Longer ones are refused by the protocol."""
_PUT_NAME: Final = "omnireel-put"
_PROBE: Final = "probe/"


@dataclass(frozen=True)
class Patience:
    """How long the bucket is waited for, seconds. These suit a caller who waits for an answer."""

    request: float = 60.0
    """One request with all its bytes."""
    retry: float = 8.0
    """No request is repeated after this."""
    retries: int = 6


WORKING: Final = Patience(request=300.0, retry=120.0, retries=30)
"""For work of minutes, which would be lost. Leases are renewed meanwhile."""


class S3Blobs:
    """Blobs in a bucket under its prefix; a `ServedBlobs`.

    Credentials are found where AWS's own tools look: `AWS_ACCESS_KEY_ID` and the like, a web identity, the
    machine's role. `links` are the service's own, which lead on to addresses that the bucket answers. Raises
    StorageAway for settings that cannot be right; nothing is asked of the bucket yet.
    """

    def __init__(self, bucket: Bucket, links: FileLinks, patience: Patience = Patience()) -> None:
        self._bucket = bucket
        self._links = links
        with self._translating():
            self._store = _open(bucket, patience)

    def __str__(self) -> str:
        return str(self._bucket)

    def put(self, key: str, source: Path) -> None:
        name = self._name(key)
        with _mapped(source) as content:
            crash_point("mid_blob_put")
            with self._troubles():
                obstore.put(self._store, name, content, attributes=_attributes(key), use_multipart=False)
        crash_point("after_blob_put")

    def put_new(self, key: str, source: Path) -> None:
        name, put = self._name(key), token_hex(16)
        attributes = {**_attributes(key), _PUT_NAME: put}
        with _mapped(source) as content:
            crash_point("mid_blob_put")
            try:
                with self._troubles():
                    obstore.put(self._store, name, content, attributes=attributes, mode="create")
            except AlreadyExistsError:
                # By us, when the answer to an earlier try of this very put was lost.
                if self._putter(name) != put:
                    raise FileExistsError(f"{key} is stored already") from None
        crash_point("after_blob_put")

    def has(self, key: str) -> bool:
        name = self._name(key)
        try:
            with self._looking():
                obstore.head(self._store, name)
        except NotFound:
            return False
        return True

    def get(self, key: str, target: Path) -> None:
        with self._looking():
            found = obstore.get(self._store, self._name(key))
        partial = target.with_name(f"{target.name}.{token_hex(4)}")
        try:
            with partial.open("xb") as file:
                for block in self._blocks(found):
                    file.write(block)
                partial.chmod(0o444)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        name = self._name(key)
        # Some servers mind when there is nothing.
        with suppress(NotFound), self._looking():
            obstore.delete(self._store, name)

    def sign(self, key: str, lifetime: timedelta) -> str:
        return self._links.sign(key, lifetime)

    def opens(self, key: str, *, expires: str, signature: str) -> bool:
        return self._links.opens(key, expires=expires, signature=signature)

    def place(self, key: str, method: Method, lifetime: timedelta) -> str:
        lifetime = max(timedelta(seconds=1), min(lifetime, _LONGEST_LINK))
        with self._troubles():
            return obstore.sign(self._store, method, self._name(key), lifetime)

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        # The bucket is asked for whole folders; `prefix` may end anywhere in a name.
        folder = prefix.rpartition("/")[0]
        root = self._bucket.root
        with self._troubles():
            for page in obstore.list(self._store, prefix=f"{root}{check_key(folder) if folder else ''}"):
                for meta in page:
                    key = meta["path"].removeprefix(root)
                    if key.startswith(prefix) and is_key(key):
                        yield BlobInfo(key, meta["size"], meta["last_modified"])

    def sweep(self, older_than: timedelta) -> int:
        # A put that was interrupted leaves nothing.
        return 0

    def probe(self) -> bool:
        """Store, read and delete a small object; whether the bucket refuses to store it a second time.

        Raises StorageAway, whose reason names the setting to look at.
        """
        name = f"{self._bucket.root}{_PROBE}{token_hex(16)}"
        with self._translating():
            obstore.put(self._store, name, b"omnireel", mode="create")
            try:
                obstore.get(self._store, name).bytes()
                return self._refuses_twice(name)
            finally:
                obstore.delete(self._store, name)

    def _name(self, key: str) -> str:
        return self._bucket.root + check_key(key)

    def _putter(self, name: str) -> str | None:
        with self._looking():
            found = obstore.get(self._store, name, options={"head": True})
        return found.attributes.get(_PUT_NAME)

    def _refuses_twice(self, name: str) -> bool:
        try:
            obstore.put(self._store, name, b"omnireel", mode="create")
        except AlreadyExistsError:
            return True
        return False

    def _blocks(self, found: obstore.GetResult) -> Iterator[bytes]:
        with self._troubles():
            yield from found.stream(min_chunk_size=_CHUNK)

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """For what may not be there. Raises NotFound."""
        with self._troubles():
            try:
                yield
            except FileNotFoundError as error:
                if is_missing_key(error):
                    raise NotFound("no such file") from None
                raise

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            with self._translating():
                yield
        except StorageAway as error:
            log.warning("storage away", reason=error.reason)
            raise

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except AlreadyExistsError:
            raise
        except (BaseError, FileNotFoundError) as error:
            # The library's own words hold whole answers, and those may hold names of keys.
            raise StorageAway(reason_of(error, self._bucket)) from None


def _open(bucket: Bucket, patience: Patience) -> S3Store:
    return S3Store(
        bucket.name,
        **bucket.location(),
        # One by one; not every server knows the other way.
        disable_bulk_delete=True,
        client_options={
            "connect_timeout": _CONNECT,
            "timeout": timedelta(seconds=patience.request),
            "allow_http": bucket.plain,
        },
        retry_config={
            "max_retries": patience.retries,
            "retry_timeout": timedelta(seconds=patience.retry),
            "backoff": {"init_backoff": _FIRST_PAUSE, "max_backoff": _LONGEST_PAUSE, "base": 2},
        },
    )


def _attributes(key: str) -> dict[str, str]:
    """What the bucket is to say of an object when it hands it out."""
    filename = key.rpartition("/")[2]
    return {
        "Content-Type": media_type(key),
        "Content-Disposition": f'{disposition(key)}; filename="{filename}"',
        "Cache-Control": CACHE_CONTROL,
    }


@contextmanager
def _mapped(source: Path) -> Iterator[mmap.mmap | bytes]:
    """The bytes of a file, without memory of ours for them: pages of the disk's cache, which can be let go.

    They are those of a private copy, because a file that is cut while it is mapped would end the process.
    """
    with source.open("rb") as original, TemporaryFile(dir=source.parent) as copy:
        shutil.copyfileobj(original, copy, _CHUNK)
        copy.flush()
        size = copy.tell()
        # Not closed here but when nobody looks at it any more.
        yield mmap.mmap(copy.fileno(), size, access=mmap.ACCESS_READ) if size else b""
