"""A backup of PostgreSQL and a bucket, taken under work and restored where nothing was: tasks go on."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx2
import obstore
import pytest
from obstore.store import S3Store
from tests.media_files import make_image
from tests.postgres_server import PostgresServer, programs
from tests.real_server import clean_environment
from tests.replicas import Asker, Replica
from tests.s3_server import REGION, S3Server
from tests.system.test_shared_database import worker

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.usefixtures("s3_credentials")]

PUBLIC = "http://video.example"


class Site:
    """A server on a database and a bucket, in a folder of its own; workers come and go."""

    def __init__(self, folder: Path, database: str, bucket: str, server: S3Server) -> None:
        self.folder = folder
        self.settings = {
            "OMNIREEL_DATABASE": database,
            "OMNIREEL_S3_BUCKET": bucket,
            "OMNIREEL_S3_ENDPOINT": server.endpoint,
            "OMNIREEL_PUBLIC_URL": PUBLIC,
        }
        self.replica = Replica(folder / "server", self.settings)
        self.replica.await_start()

    def download(self, link: str) -> bytes:
        """What a link in an answer leads to."""
        with httpx2.Client(follow_redirects=True, trust_env=False) as visitor:
            return visitor.get(link.replace(PUBLIC, self.replica.origin)).content


def command(name: str, *words: str) -> None:
    folder = programs()
    assert folder is not None
    ran = subprocess.run([folder / name, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def copy_objects(server: S3Server, source: str, target: str) -> None:
    """As `aws s3 sync` does."""

    def bucket(name: str) -> S3Store:
        return S3Store(name, endpoint=server.endpoint, region=REGION, client_options={"allow_http": True})

    old, new = bucket(source), bucket(target)
    for listed in obstore.list(old):
        for found in listed:
            obstore.put(new, found["path"], obstore.get(old, found["path"]).bytes())


def test_what_was_backed_up_under_work_goes_on_where_it_is_restored(
    postgres: PostgresServer, s3_server: S3Server, tmp_path: Path
) -> None:
    before, after = postgres.new_database(), postgres.empty_database()
    old_bucket, new_bucket = s3_server.new_bucket().name, s3_server.new_bucket().name
    dump = tmp_path / "omnireel.dump"
    (tmp_path / "old").mkdir()
    with ExitStack() as opened:
        for url in (before, after):
            opened.callback(postgres.drop, url)
        old = Site(tmp_path / "old", before, old_bucket, s3_server)
        opened.callback(old.replica.close)
        key = old.replica.first_key
        assert key is not None
        asker = Asker(old.replica.origin, key)
        opened.callback(asker.http.close)
        picture = make_image(tmp_path / "picture.png").read_bytes()
        form = {"file": ("fox.png", picture)}
        uploaded = asker.http.post("/api/v1/media/files", files=form).json()["data"]["url"]
        with worker(tmp_path / "old" / "worker", old.settings, tmp_path / "old" / "log") as working:
            ended = asker.until_ended(asker.task_id("a fox"))
            running = asker.task_id("fake:seconds=2 fake:steps=20")
            while asker.http.get(f"/api/v1/tasks/{running}?wait=true").json()["data"]["status"] == "pending":
                pass
            waiting = asker.task_id("fake:read", images=[uploaded])
            submitted = asker.submit("an owl", key="once").json()["data"]["task_id"]
            command("pg_dump", "--format=custom", "--no-unlogged-table-data", f"--file={dump}", before)
            late = asker.task_id("too late")
            working.kill()
        copy_objects(s3_server, old_bucket, new_bucket)
        old.replica.close()

        command(
            "pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", f"--dbname={after}", str(dump)
        )
        new = Site(tmp_path / "new", after, new_bucket, s3_server)
        opened.callback(new.replica.close)
        assert new.replica.first_key is None
        asker = Asker(new.replica.origin, key)
        opened.callback(asker.http.close)
        with worker(tmp_path / "new" / "worker", new.settings, tmp_path / "new" / "log"):
            for task_id in (running, waiting, submitted):
                assert asker.until_ended(task_id)["status"] == "success"
        again = asker.submit("an owl", key="once")
        assert (again.json()["data"]["task_id"], again.headers["Idempotent-Replayed"]) == (submitted, "true")
        assert asker.http.get(f"/api/v1/tasks/{late}").status_code == 404
        assert asker.until_ended(str(ended["task_id"]))["status"] == "success"
        # By the link that was given out before.
        video = ended["result"]["resources"][0]
        assert hashlib.sha256(new.download(video["url"])).hexdigest() == video["sha256"]
        assert new.download(uploaded) == picture
        audit = subprocess.run(
            [sys.executable, "-m", "omnireel", "teams", "audit"],
            env=clean_environment(**new.settings), capture_output=True, text=True, cwd=tmp_path,
        )  # fmt: skip
        assert audit.returncode == 0, audit.stderr
