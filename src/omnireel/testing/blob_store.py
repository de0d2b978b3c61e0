"""What every blob store must do. Subclass `BlobStoreContract` and give it a `blobs` fixture."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from omnireel.errors import NotFound
from omnireel.storage.base import BlobStore

ESCAPES = (
    "",
    "/",
    "..",
    "../x",
    "a/../../x",
    "/etc/passwd",
    "a//b",
    "a/",
    "./a",
    "a/.hidden",
    ".incoming/x",
    "a\\b",
    "a\0b",
    "a b",
    "a\n",
    "é",
    "a" * 5000,
    "a" * 300,
    "a%2fb",
    "~root",
    "C:x",
)


class BlobStoreContract:
    """Tests that any `BlobStore` passes. The store in `blobs` is empty and lasts one test."""

    @pytest.fixture
    def blobs(self, tmp_path: Path) -> BlobStore:
        raise NotImplementedError("a subclass provides the store")

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        path = tmp_path / "source"
        path.write_bytes(bytes(range(256)) * 10_000)
        return path

    def test_what_was_put_comes_back_to_the_byte(
        self, blobs: BlobStore, source: Path, tmp_path: Path
    ) -> None:
        blobs.put("results/task-1/clip.mp4", source)
        blobs.get("results/task-1/clip.mp4", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == source.read_bytes()

    def test_the_stored_copy_does_not_follow_its_source(
        self, blobs: BlobStore, source: Path, tmp_path: Path
    ) -> None:
        blobs.put("a", source)
        before = source.read_bytes()
        source.write_bytes(b"changed afterwards")
        blobs.get("a", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == before

    def test_an_empty_file_is_a_blob_too(self, blobs: BlobStore, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        blobs.put("empty", tmp_path / "empty")
        assert [info.size for info in blobs.list("empty")] == [0]

    def test_putting_again_replaces_the_whole_blob(
        self, blobs: BlobStore, source: Path, tmp_path: Path
    ) -> None:
        blobs.put("a", source)
        source.write_bytes(b"short")
        blobs.put("a", source)
        blobs.get("a", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == b"short"

    def test_a_key_that_is_taken_is_not_put_new(self, blobs: BlobStore, source: Path, tmp_path: Path) -> None:
        before = source.read_bytes()
        blobs.put_new("results/task-1/clip.mp4", source)
        source.write_bytes(b"by one who came too late")
        with pytest.raises(FileExistsError):
            blobs.put_new("results/task-1/clip.mp4", source)
        blobs.get("results/task-1/clip.mp4", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == before
        assert blobs.sweep(timedelta(0)) == 0

    def test_of_many_who_put_new_at_once_one_does(self, blobs: BlobStore, tmp_path: Path) -> None:
        def put(number: int) -> bool:
            source = tmp_path / f"source-{number}"
            source.write_bytes(bytes([number]) * 100_000)
            try:
                blobs.put_new("a/b", source)
            except FileExistsError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(put, range(8)))
        assert done.count(True) == 1
        blobs.get("a/b", tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == bytes([done.index(True)]) * 100_000

    def test_a_store_knows_what_it_has(self, blobs: BlobStore, source: Path) -> None:
        blobs.put("a/b", source)
        found = {key: blobs.has(key) for key in ("a/b", "a", "a/c")}
        blobs.delete("a/b")
        assert found == {"a/b": True, "a": False, "a/c": False}
        assert not blobs.has("a/b")

    def test_an_unknown_key_is_not_found(self, blobs: BlobStore, tmp_path: Path) -> None:
        with pytest.raises(NotFound):
            blobs.get("nothing/here", tmp_path / "copy")
        assert not (tmp_path / "copy").exists()

    def test_a_deleted_blob_is_gone_and_deleting_it_again_is_fine(
        self, blobs: BlobStore, source: Path, tmp_path: Path
    ) -> None:
        blobs.put("a/b/c", source)
        blobs.put("a/d", source)
        blobs.delete("a/b/c")
        blobs.delete("a/b/c")
        with pytest.raises(NotFound):
            blobs.get("a/b/c", tmp_path / "copy")
        assert [info.key for info in blobs.list("")] == ["a/d"]

    def test_a_put_that_fails_leaves_nothing(self, blobs: BlobStore, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="missing"):
            blobs.put("a", tmp_path / "missing")
        assert list(blobs.list("")) == []
        assert blobs.sweep(timedelta(0)) == 0

    def test_a_listing_holds_what_starts_with_the_prefix(self, blobs: BlobStore, source: Path) -> None:
        for key in ("results/a/1", "results/ab/2", "inputs/a", "resultsx"):
            blobs.put(key, source)
        listed = {
            prefix: {info.key for info in blobs.list(prefix)} for prefix in ("", "results/", "results/a")
        }
        assert listed == {
            "": {"results/a/1", "results/ab/2", "inputs/a", "resultsx"},
            "results/": {"results/a/1", "results/ab/2"},
            "results/a": {"results/a/1", "results/ab/2"},
        }
        assert {info.size for info in blobs.list("")} == {source.stat().st_size}

    def test_a_prefix_nobody_used_lists_nothing(self, blobs: BlobStore) -> None:
        assert list(blobs.list("results/")) == []

    def test_a_link_ends_in_the_file_name(self, blobs: BlobStore, source: Path) -> None:
        blobs.put("results/task-1/clip.mp4", source)
        link = blobs.sign("results/task-1/clip.mp4", timedelta(minutes=5))
        assert link.startswith(("http://", "https://"))
        assert link.partition("?")[0].endswith("/clip.mp4")

    @pytest.mark.parametrize("key", ESCAPES, ids=lambda key: ascii(key)[:24])
    def test_a_key_that_would_escape_is_refused(
        self, blobs: BlobStore, source: Path, tmp_path: Path, key: str
    ) -> None:
        with pytest.raises(NotFound):
            blobs.put(key, source)
        with pytest.raises(NotFound):
            blobs.put_new(key, source)
        with pytest.raises(NotFound):
            blobs.has(key)
        with pytest.raises(NotFound):
            blobs.get(key, tmp_path / "copy")
        with pytest.raises(NotFound):
            blobs.delete(key)
        with pytest.raises(NotFound):
            blobs.sign(key, timedelta(minutes=5))
        assert list(blobs.list("")) == []
