from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread

import httpx2
import obstore
import pytest
from obstore.store import S3Store
from tests.s3_server import S3Server

from omnireel.clock import ManualClock
from omnireel.crashpoints import VARIABLE
from omnireel.errors import StorageAway
from omnireel.storage.links import FileLinks
from omnireel.storage.s3 import Patience, S3Blobs
from omnireel.storage.s3_troubles import Bucket
from omnireel.testing.blob_store import BlobStoreContract

PATIENT = Patience()
HASTY = Patience(request=5.0, retry=0.5, retries=2)
CLIP = "results/task-1/token/task-1.mp4"
PUTS_ONE_BLOB = """
import sys
from pathlib import Path
from tests.contracts.test_s3_blobs import s3
from omnireel.storage.s3_troubles import Bucket
name, endpoint, source = sys.argv[1:]
s3(Bucket(name, "", endpoint)).put("a/b", Path(source))
"""
CARRIES_A_BIG_FILE = """
import sys
from pathlib import Path
from threading import Event, Thread
from tests.contracts.test_s3_blobs import PATIENT, s3
from omnireel.storage.s3_troubles import Bucket

def used():
    # Memory of our own: pages of mapped files are the kernel's to take back.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))

def watch():
    while not done.wait(0.005):
        seen.append(used())

name, endpoint, folder = sys.argv[1:]
blobs, done, seen = s3(Bucket(name, "", endpoint), PATIENT), Event(), []
blobs.probe()
before, watcher = used(), Thread(target=watch)
watcher.start()
blobs.put_new("a", Path(folder) / "big")
blobs.get("a", Path(folder) / "copy")
done.set()
watcher.join()
print((max(seen) - before) * 1024)
"""
MIB = 1024 * 1024

Use = Callable[[S3Blobs, Path], object]

pytestmark = pytest.mark.usefixtures("s3_credentials")


def s3(bucket: Bucket, patience: Patience = HASTY) -> S3Blobs:
    return S3Blobs(bucket, FileLinks("http://127.0.0.1:8000", secret=b"s", clock=ManualClock()), patience)


@pytest.fixture
def bucket(s3_server: S3Server) -> Bucket:
    return s3_server.new_bucket()


class TestS3Blobs(BlobStoreContract):
    @pytest.fixture
    def blobs(self, bucket: Bucket) -> S3Blobs:
        return s3(bucket)

    def test_a_file_is_handed_out_by_the_bucket_itself(
        self, blobs: S3Blobs, bucket: Bucket, source: Path
    ) -> None:
        blobs.put_new(CLIP, source)
        address = blobs.place(CLIP, "GET", timedelta(minutes=5))
        answer, part = httpx2.get(address), httpx2.get(address, headers={"Range": "bytes=1-3"})

        assert address.startswith(f"{bucket.endpoint}/{bucket.name}/{CLIP}?X-Amz-")
        assert "X-Amz-Expires=300&" in address
        assert (answer.status_code, answer.content) == (200, source.read_bytes())
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Content-Disposition"] == 'inline; filename="task-1.mp4"'
        assert answer.headers["Cache-Control"] == "private, max-age=3600"
        assert (part.status_code, part.content) == (206, b"\1\2\3")

    def test_what_callers_sent_is_only_ever_saved(self, blobs: S3Blobs, source: Path) -> None:
        blobs.put("inputs/team/abc.png", source)
        answer = httpx2.head(blobs.place("inputs/team/abc.png", "HEAD", timedelta(minutes=5)))

        assert int(answer.headers["Content-Length"]) == source.stat().st_size
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="abc.png"'

    @pytest.mark.parametrize(("days", "seconds"), [(30, 7 * 86400), (-1, 1)])
    def test_no_address_lives_longer_than_the_protocol_allows(
        self, blobs: S3Blobs, days: int, seconds: int
    ) -> None:
        assert f"X-Amz-Expires={seconds}&" in blobs.place(CLIP, "GET", timedelta(days=days))

    @pytest.mark.parametrize("instead", [b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n", b""])
    def test_a_put_whose_answer_was_lost_is_known_as_our_own(
        self, blobs: S3Blobs, bucket: Bucket, source: Path, tmp_path: Path, instead: bytes
    ) -> None:
        with forgetful(bucket, instead) as (endpoint, asked):
            s3(Bucket(bucket.name, "", endpoint, bucket.region)).put_new("a", source)
        blobs.get("a", tmp_path / "copy")

        assert asked == ["PUT", "PUT", "HEAD"]
        assert (tmp_path / "copy").read_bytes() == source.read_bytes()

    def test_two_prefixes_share_a_bucket_and_see_nothing_of_each_other(
        self, s3_server: S3Server, bucket: Bucket, source: Path
    ) -> None:
        ours = s3(s3_server.named(bucket.name, "videos/ours"))
        theirs = s3(s3_server.named(bucket.name, "videos/theirs"))
        ours.put("results/a", source)
        theirs.put("results/b", source)

        assert [info.key for info in ours.list("")] == ["results/a"]
        assert [info.key for info in theirs.list("results/")] == ["results/b"]
        assert "/videos/ours/results/a?" in ours.place("results/a", "GET", timedelta(minutes=1))
        assert {info.key for info in s3(bucket).list("")} == {
            "videos/ours/results/a",
            "videos/theirs/results/b",
        }

    def test_more_than_a_page_is_listed_and_what_is_not_ours_left_out(
        self, blobs: S3Blobs, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
        keys = {f"inputs/{number}" for number in range(25)}
        store = S3Store(bucket.name, **bucket.location(), client_options={"allow_http": True})
        for key in (*keys, "inputs/not one of ours"):
            obstore.put(store, key, b"x")
        assert {info.key for info in blobs.list("inputs/")} == keys

    @pytest.mark.parametrize(("point", "left"), [("mid_blob_put", []), ("after_blob_put", ["a/b"])])
    def test_a_process_killed_while_putting_leaves_all_or_nothing(
        self, blobs: S3Blobs, bucket: Bucket, source: Path, point: str, left: list[str]
    ) -> None:
        killed = subprocess.run(
            [sys.executable, "-c", PUTS_ONE_BLOB, bucket.name, str(bucket.endpoint), str(source)],
            env={**os.environ, VARIABLE: point},
            timeout=60,
        )
        assert killed.returncode == -9
        assert [info.key for info in blobs.list("")] == left
        assert list(source.parent.iterdir()) == [source]

    def test_big_files_go_through_little_memory(self, blobs: S3Blobs, bucket: Bucket, tmp_path: Path) -> None:
        with (tmp_path / "big").open("wb") as file:
            for _ in range(40):
                file.write(os.urandom(MIB))
        measured = subprocess.run(
            [sys.executable, "-c", CARRIES_A_BIG_FILE, bucket.name, str(bucket.endpoint), str(tmp_path)],
            stdout=subprocess.PIPE,
            check=True,
            timeout=60,
        )
        assert int(measured.stdout) < 16 * MIB
        assert (tmp_path / "copy").read_bytes() == (tmp_path / "big").read_bytes()

    def test_probing_leaves_nothing_behind(self, blobs: S3Blobs) -> None:
        assert blobs.probe() is True
        assert list(blobs.list("")) == []


@pytest.mark.parametrize("use", [
    lambda blobs, path: blobs.put("a", path),
    lambda blobs, path: blobs.put_new("a", path),
    lambda blobs, path: blobs.get("a", path.with_name("copy")),
    lambda blobs, path: blobs.delete("a"),
    lambda blobs, path: list(blobs.list("")),
    lambda blobs, path: blobs.probe(),
], ids=["put", "put_new", "get", "delete", "list", "probe"])  # fmt: skip
class TestABucketInTrouble:
    """The reason tells which setting to look at, callers are told nothing of it, and no secret is shown."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "source"
        path.write_bytes(b"bytes")
        return path

    def test_that_is_not_there(self, s3_server: S3Server, path: Path, use: Use) -> None:
        reason = reason_why(s3_server.named("no-such-bucket"), path, use)
        assert (
            reason == f"there is no bucket 'no-such-bucket' at {s3_server.endpoint}; see setting 's3_bucket'"
        )

    def test_that_does_not_know_us(self, s3_server: S3Server, bucket: Bucket, path: Path, use: Use) -> None:
        with s3_server.suspicious():
            reason = reason_why(bucket, path, use)
        assert reason == (
            f"{bucket} refuses the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "(InvalidAccessKeyId)"
        )

    def test_that_cannot_be_reached(self, path: Path, use: Use) -> None:
        with create_server(("127.0.0.1", 0)) as door:
            endpoint = f"http://127.0.0.1:{door.getsockname()[1]}"
        reason = reason_why(Bucket("clips", "", endpoint), path, use)
        assert reason == (
            f"bucket 'clips' at {endpoint} cannot be reached; see settings 's3_bucket' and 's3_endpoint'"
        )


def test_a_bucket_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as door:
        endpoint = f"http://127.0.0.1:{door.getsockname()[1]}"
        blobs = s3(Bucket("clips", "", endpoint), Patience(request=0.3, retry=0.5, retries=1))
        with pytest.raises(StorageAway):
            blobs.get("a", tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", [["AWS_ACCESS_KEY_ID"], ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]])
def test_without_credentials_the_reason_says_where_they_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, missing: list[str]
) -> None:
    for name in missing:
        monkeypatch.delenv(name)
    # Nobody is there; the machine that runs this may have a role.
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://169.254.0.1:1")
    with pytest.raises(StorageAway) as caught:
        s3(bucket, Patience(request=0.5, retry=0.1, retries=0)).has("a")
    assert caught.value.reason == (
        f"no credentials for {bucket}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
        "or give this machine a role"
    )


def test_without_an_endpoint_amazon_is_meant_and_tls_is_not_left_out() -> None:
    amazon = s3(Bucket("clips", region="eu-central-1")).place("a", "GET", timedelta(minutes=1))
    dotted = s3(Bucket("clips.example", region="eu-central-1")).place("a", "GET", timedelta(minutes=1))

    assert amazon.startswith("https://clips.s3.eu-central-1.amazonaws.com/a?")
    assert dotted.startswith("https://s3.eu-central-1.amazonaws.com/clips.example/a?")
    assert not Bucket("clips").plain
    assert not Bucket("clips", endpoint="https://s3.example").plain


def reason_why(bucket: Bucket, path: Path, use: Use) -> str:
    with pytest.raises(StorageAway) as caught:
        use(s3(bucket), path)
    shown = f"{caught.value} {caught.value.reason} {caught.value.__cause__}"
    assert "never-to-be-shown" not in shown
    assert bucket.name not in str(caught.value)
    assert [entry.name for entry in path.parent.iterdir()] == ["source"]
    return caught.value.reason


@contextmanager
def forgetful(bucket: Bucket, instead: bytes) -> Iterator[tuple[str, list[str]]]:
    """A way to the bucket on which the first answer is lost, and the methods asked for.

    What arrives `instead`; nothing means that the connection is cut.
    """
    asked: list[str] = []

    class Forgetful(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = httpx2.request(
                self.command, f"{bucket.endpoint}{self.path}", content=body, headers=dict(self.headers)
            )
            asked.append(self.command)
            if len(asked) == 1:
                self.wfile.write(instead)
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.content)

        do_PUT = do_HEAD = _pass_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Forgetful) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
