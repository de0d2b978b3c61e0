"""Which bucket, and what is wrong with it, in words that name the setting and never a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypedDict

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

_CODE: Final = re.compile(r"<Code>([A-Za-z]{1,64})</Code>")
_STATUS: Final = re.compile(r"status code: (\d{3})\b")
# Where the machine's role is asked for when nothing else is set; then, when half of something is.
_NO_CREDENTIALS: Final = (
    "http://169.254.",
    "http://[fd00:ec2::",
    "Missing AccessKeyId",
    "Missing SecretAccessKey",
)
_NO_BUCKET: Final = "NoSuchBucket"
_KEY_CODES: Final = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")
_REGION_CODES: Final = (
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
)


class Location(TypedDict, total=False):
    """What obstore is told about where a bucket is."""

    endpoint: str
    region: str
    virtual_hosted_style_request: bool


@dataclass(frozen=True)
class Bucket:
    """A bucket and the part of it that is ours. Without an `endpoint` it is Amazon's own."""

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None

    @property
    def root(self) -> str:
        """What the names of all our objects begin with."""
        return f"{self.prefix}/" if self.prefix else ""

    @property
    def plain(self) -> bool:
        """Whether it is reached without TLS, which only an endpoint that says so is."""
        return self.endpoint is not None and self.endpoint.lower().startswith("http://")

    def location(self) -> Location:
        # A name with dots has no certificate as a host, and few servers but Amazon's know buckets as hosts.
        hosted = self.endpoint is None and "." not in self.name
        location = Location(virtual_hosted_style_request=hosted)
        if self.endpoint is not None:
            location["endpoint"] = self.endpoint
        if self.region is not None:
            location["region"] = self.region
        return location

    def __str__(self) -> str:
        return f"bucket {self.name!r} at {self.endpoint or 'Amazon S3'}"


def is_missing_key(error: FileNotFoundError) -> bool:
    """Whether the bucket is there and answers, and only lacks the key."""
    return _code(error) != _NO_BUCKET


def reason_of(error: BaseError | FileNotFoundError, bucket: Bucket) -> str:
    """A sentence for the operator."""
    text, code = str(error), _code(error)
    if any(sign in text.partition("Debug source")[0] for sign in _NO_CREDENTIALS):
        return (
            f"no credentials for {bucket}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or give this machine a role"
        )
    if code == _NO_BUCKET:
        return f"there is no {bucket}; see setting 's3_bucket'"
    if code in _REGION_CODES:
        return f"{bucket} is in another region; see setting 's3_region'"
    if code in _KEY_CODES:
        return f"{bucket} refuses the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({code})"
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or _status(text) in {"401", "403"}:
        return f"the credentials in AWS_ACCESS_KEY_ID may not do this with {bucket} ({code or 'refused'})"
    if status := _status(text):
        return f"{bucket} answered {status} {code or ''}".strip()
    return f"{bucket} cannot be reached; see settings 's3_bucket' and 's3_endpoint'"


def _code(error: Exception) -> str | None:
    found = _CODE.search(str(error))
    return found[1] if found else None


def _status(text: str) -> str | None:
    found = _STATUS.search(text)
    return found[1] if found else None
