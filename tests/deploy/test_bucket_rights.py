"""Least rights to a bucket: with them files are kept, and nothing else is touched.

The S3 server of the tests keeps to what a policy says of actions and resources; it knows no conditions.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import obstore
import pytest
from obstore.exceptions import PermissionDeniedError
from obstore.store import S3Store
from tests.deploy.tools import DEPLOY, ROOT
from tests.s3_server import REGION, S3Server

from omnireel.clock import SystemClock
from omnireel.errors import NotFound
from omnireel.storage.links import FileLinks
from omnireel.storage.s3 import S3Blobs

IDENTITY = (DEPLOY / "s3" / "identity-policy.json").read_text()


def somebody_with(policy: str, server: S3Server) -> tuple[str, str]:
    """An access key, and its secret, of a new user of the server who has this policy and no other."""

    def ask(action: str, **words: str) -> str:
        scope = {"Authorization": f"AWS4-HMAC-SHA256 Credential=any/20260101/{REGION}/iam/aws4_request"}
        form = urlencode({"Action": action, "Version": "2010-05-08", "UserName": "omnireel"} | words)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = httpx2.post(server.endpoint, content=form, headers=scope | kind, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.text

    ask("CreateUser")
    ask("PutUserPolicy", PolicyName="files", PolicyDocument=policy)
    made = ask("CreateAccessKey")
    names = ("AccessKeyId", "SecretAccessKey")
    key, secret = (re.findall(f"<{name}>(.+)</{name}>", made)[0] for name in names)
    return str(key), str(secret)


def test_the_policy_is_enough_to_keep_files_and_for_nothing_else(
    s3_server: S3Server, s3_credentials: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, theirs = s3_server.new_bucket("omnireel"), s3_server.new_bucket()
    key, secret = somebody_with(IDENTITY.replace("my-videos", ours.name), s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    blobs = S3Blobs(ours, FileLinks("http://x", secret=b"s", clock=SystemClock()))
    (tmp_path / "made").write_bytes(b"a video")
    with s3_server.suspicious():
        blobs.probe()
        blobs.put("results/a/b/c.mp4", tmp_path / "made")
        assert blobs.has("results/a/b/c.mp4")
        assert [found.key for found in blobs.list("results/")] == ["results/a/b/c.mp4"]
        blobs.get("results/a/b/c.mp4", tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == b"a video"
        blobs.delete("results/a/b/c.mp4")
        with pytest.raises(NotFound):
            blobs.get("results/a/b/c.mp4", tmp_path / "got")
        for bucket, name in ((ours.name, "elsewhere/a"), (theirs.name, "omnireel/a")):
            other = S3Store(
                bucket, endpoint=s3_server.endpoint, region=REGION, client_options={"allow_http": True}
            )
            with pytest.raises(PermissionDeniedError):
                obstore.put(other, name, b"not ours")


def test_the_documentation_shows_the_same_policy() -> None:
    (shown,) = re.findall(r"```json\n(\{.+?\})\n```", (ROOT / "docs" / "s3.md").read_text(), re.DOTALL)
    assert json.loads(shown) == json.loads(IDENTITY)


def test_the_buckets_own_policy_lets_nothing_in_without_tls() -> None:
    policy = json.loads((DEPLOY / "s3" / "bucket-policy.json").read_text())
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}
    (plain,) = (found for found in policy["Statement"] if found["Sid"] == "NothingWithoutTls")
    assert (plain["Principal"], plain["Action"]) == ("*", "s3:*")
    assert plain["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
