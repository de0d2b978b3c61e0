"""The bucket that the settings name, opened and tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnireel.errors import CannotStart, StorageAway
from omnireel.settings import Settings
from omnireel.storage.links import FileLinks

if TYPE_CHECKING:
    from omnireel.storage.s3 import S3Blobs


def open_bucket(settings: Settings, links: FileLinks, *, patient: bool = False) -> S3Blobs:
    """The store in setting `s3_bucket`, of which nothing is asked yet. Raises CannotStart.

    A `patient` one waits minutes for a bucket that is away.
    """
    try:
        from omnireel.storage.s3 import WORKING, Patience, S3Blobs
        from omnireel.storage.s3_troubles import Bucket
    except ModuleNotFoundError as error:
        raise CannotStart("S3 needs one more package: pip install 'omnireel[s3]'") from error
    if settings.s3_bucket is None:
        raise CannotStart("no setting 's3_bucket'")
    bucket = Bucket(settings.s3_bucket, settings.s3_prefix or "", settings.s3_endpoint, settings.s3_region)
    try:
        return S3Blobs(bucket, links, WORKING if patient else Patience())
    except StorageAway as error:
        raise CannotStart(error.reason) from error
