from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from omnireel.clock import ManualClock
from omnireel.crashpoints import VARIABLE
from omnireel.errors import NotFound
from omnireel.storage.local import LocalBlobs
from omnireel.testing.blob_store import BlobStoreContract

SECRET = b"not very secret, for tests"
PUTS_ONE_BLOB = """
import sys
from pathlib import Path
from omnireel.clock import SystemClock
from omnireel.storage.local import LocalBlobs
root, source = map(Path, sys.argv[1:])
LocalBlobs(root, base_url="http://x", secret=b"s", clock=SystemClock()).put("a/b", source)
"""


def local(root: Path, clock: ManualClock | None = None) -> LocalBlobs:
    return LocalBlobs(root, base_url="http://127.0.0.1:8000/", secret=SECRET, clock=clock or ManualClock())


def link_parts(link: str) -> tuple[str, str, str]:
    """Key, expires and signature of a link."""
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    return unquote(parts.path.removeprefix("/files/")), query["expires"][0], query["signature"][0]


class TestLocalBlobs(BlobStoreContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> LocalBlobs:
        return local(tmp_path / "files")

    def test_a_link_opens_its_own_key_until_it_expires(self, tmp_path: Path) -> None:
        clock = ManualClock()
        blobs = local(tmp_path / "files", clock)
        key, expires, signature = link_parts(blobs.sign("a/clip.mp4", timedelta(seconds=60)))
        assert key == "a/clip.mp4"
        clock.advance(seconds=59)
        assert blobs.opens(key, expires=expires, signature=signature)
        assert not blobs.opens("a/other.mp4", expires=expires, signature=signature)
        assert not blobs.opens(key, expires=str(int(expires) + 1), signature=signature)
        clock.advance(seconds=1)
        assert not blobs.opens(key, expires=expires, signature=signature)

    @pytest.mark.parametrize("expires", ["", "-1", "1e9", "٣", "9" * 5000, "never", " 1"])
    def test_an_expiry_that_is_no_number_opens_nothing(self, tmp_path: Path, expires: str) -> None:
        assert not local(tmp_path / "files").opens("a", expires=expires, signature="0" * 64)

    @pytest.mark.parametrize("signature", ["", "é", "\ud800", "0" * 64, "A" * 100_000])
    def test_a_signature_nobody_made_opens_nothing(self, tmp_path: Path, signature: str) -> None:
        assert not local(tmp_path / "files").opens("a", expires="99999999999", signature=signature)

    def test_another_secret_opens_nothing(self, tmp_path: Path) -> None:
        theirs = LocalBlobs(tmp_path, base_url="http://x", secret=b"other", clock=ManualClock())
        key, expires, signature = link_parts(theirs.sign("a", timedelta(days=1)))
        assert not local(tmp_path / "files").opens(key, expires=expires, signature=signature)

    def test_the_file_behind_a_key_can_be_served_and_not_written(
        self, blobs: LocalBlobs, source: Path
    ) -> None:
        blobs.put("a/clip.mp4", source)
        path = blobs.path("a/clip.mp4")
        assert path.read_bytes() == source.read_bytes()
        assert path.stat().st_mode & 0o222 == 0

    def test_a_folder_is_not_a_blob(self, blobs: LocalBlobs, source: Path) -> None:
        blobs.put("a/b", source)
        with pytest.raises(NotFound):
            blobs.path("a")

    def test_getting_on_the_same_disk_copies_nothing(
        self, blobs: LocalBlobs, source: Path, tmp_path: Path
    ) -> None:
        blobs.put("a", source)
        blobs.get("a", tmp_path / "copy")
        assert (tmp_path / "copy").samefile(blobs.path("a"))

    def test_deleting_the_last_blob_of_a_folder_removes_the_folder(
        self, blobs: LocalBlobs, source: Path, tmp_path: Path
    ) -> None:
        blobs.put("results/task-1/token/clip.mp4", source)
        blobs.delete("results/task-1/token/clip.mp4")
        assert not (tmp_path / "files" / "results").exists()
        assert (tmp_path / "files").is_dir()

    @pytest.mark.parametrize(
        ("point", "left"), [("mid_blob_put", False), ("before_blob_rename", False), ("after_blob_put", True)]
    )
    def test_a_process_killed_while_putting_leaves_all_or_nothing(
        self, blobs: LocalBlobs, source: Path, tmp_path: Path, point: str, left: bool
    ) -> None:
        killed = subprocess.run(
            [sys.executable, "-c", PUTS_ONE_BLOB, str(tmp_path / "files"), str(source)],
            env={**os.environ, VARIABLE: point},
            timeout=60,
        )
        assert killed.returncode == -9
        assert [info.key for info in blobs.list("")] == (["a/b"] if left else [])
        assert blobs.sweep(timedelta(hours=1)) == 0
        assert blobs.sweep(timedelta(0)) == (0 if left else 1)
        if left:
            assert blobs.path("a/b").read_bytes() == source.read_bytes()

    def test_readers_see_the_old_file_or_the_new_one(self, blobs: LocalBlobs, tmp_path: Path) -> None:
        def put_each(times: int) -> None:
            for path in self.versions(tmp_path) * times:
                blobs.put("a", path)

        put_each(1)
        writer = Thread(target=put_each, args=(20,))
        writer.start()
        seen = set()
        while writer.is_alive():
            seen.add(blobs.path("a").read_bytes())
        writer.join()
        assert seen <= {path.read_bytes() for path in self.versions(tmp_path)}

    def test_puts_and_deletes_side_by_side_do_not_trip_over_each_other(
        self, blobs: LocalBlobs, source: Path
    ) -> None:
        def back_and_forth(name: str) -> None:
            for _ in range(50):
                blobs.put(f"shared/folder/{name}", source)
                blobs.delete(f"shared/folder/{name}")
            blobs.put(f"shared/folder/{name}", source)

        threads = [Thread(target=back_and_forth, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {info.key for info in blobs.list("shared/")} == {f"shared/folder/{name}" for name in "abcd"}

    def versions(self, folder: Path) -> list[Path]:
        paths = [folder / "long", folder / "short"]
        paths[0].write_bytes(b"l" * 300_000)
        paths[1].write_bytes(b"s" * 10)
        return paths
