"""What `omnireel doctor` says of a bucket."""

from __future__ import annotations

import json

import pytest
from tests.s3_server import S3Server
from tests.unit.cli.commands import Commands

from omnireel.storage.s3_troubles import Bucket


def finding(omnireel: Commands, bucket: Bucket) -> tuple[int, dict[str, str]]:
    place = {"OMNIREEL_S3_BUCKET": bucket.name, "OMNIREEL_S3_ENDPOINT": str(bucket.endpoint)}
    ended = omnireel("doctor", "--json", **place)
    (found,) = (finding for finding in json.loads(ended.out) if finding["check"] == "bucket")
    return ended.code, found


@pytest.mark.usefixtures("s3_credentials")
def test_doctor_writes_reads_and_deletes_an_object(omnireel: Commands, s3_server: S3Server) -> None:
    bucket = s3_server.new_bucket()
    code, found = finding(omnireel, bucket)

    assert (code, found["state"]) == (0, "ok")
    assert found["detail"] == f"{bucket}: an object was written, read and deleted"


@pytest.mark.usefixtures("s3_credentials")
def test_doctor_says_which_setting_is_wrong(omnireel: Commands, s3_server: S3Server) -> None:
    bucket = s3_server.named("no-such-bucket")
    code, found = finding(omnireel, bucket)

    assert (code, found["state"]) == (1, "bad")
    assert found["detail"] == f"there is no {bucket}; see setting 's3_bucket'"
