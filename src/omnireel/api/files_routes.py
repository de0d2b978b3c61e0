"""Finished files over HTTP: signed links, HEAD, one range, and nothing a browser could run."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems
from omnireel.api.problems import Problem
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.storage.base import Method
from omnireel.storage.presented import CACHE_CONTROL, disposition, media_type

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
# Inert even when somebody opens a file as a page: no scripts, no forms, an origin of its own.
_INERT = {
    "Content-Security-Policy": "default-src 'none'; media-src 'self'; img-src 'self'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": CACHE_CONTROL,
}
# The address is for whoever has the link, and for no longer.
_PASSED_ON = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

router = APIRouter(route_class=LeanRoute, tags=["files"])
Query200 = Annotated[str, Query(max_length=200)]


@router.head("/files/{key:path}", include_in_schema=False)
@router.get(
    "/files/{key:path}",
    summary="A file behind a signed link",
    response_class=FileResponse,
    responses={
        206: {"description": "The range asked for."},
        307: {"description": "Where the bucket hands the file out, when files are kept in one."},
        **problems(403, 404, 416, 503),
    },
)
def download(
    request: Request, key: str, rooms: RoomsHere, expires: Query200 = "", signature: Query200 = ""
) -> Response:
    if not rooms.blobs.opens(key, expires=expires, signature=signature):
        raise Problem(
            403, "Access denied", "the link has expired or was changed; poll the task for a new one"
        )
    lifetime = timedelta(seconds=int(expires) - rooms.clock.now().timestamp())
    return hand_out(request, key, lifetime, rooms)


def hand_out(request: Request, key: str, lifetime: timedelta, rooms: Rooms) -> Response:
    """The file that a link's key stands for, or where a bucket hands it out for so long. Raises NotFound."""
    method: Method = "HEAD" if request.method == "HEAD" else "GET"
    given = rooms.blobs.place(rooms.files.blob_of(key), method, lifetime)
    if isinstance(given, str):
        return RedirectResponse(given, headers=_PASSED_ON)
    return _file(request, given, key)


def _file(request: Request, path: Path, key: str) -> FileResponse:
    facts = path.stat()
    _settle_range(request, facts.st_size)
    return FileResponse(
        path,
        stat_result=facts,
        headers=_INERT,
        media_type=media_type(key),
        filename=key.rpartition("/")[2],
        content_disposition_type=disposition(key),
    )


def _settle_range(request: Request, size: int) -> None:
    """Leave a Range header in the request only when it is one range that can be served.

    RFC 9110 lets a server ignore a Range it does not understand, and several ranges at once are not worth
    their price. A range beyond the end is 416.
    """
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    first, last = asked.groups() if asked else ("", "")
    if not first and not last:
        _forget_range(request)
    elif (int(first) >= size) if first else (not int(last) or not size):
        header = {"Content-Range": f"bytes */{size}"}
        raise Problem(416, "Range not satisfiable", f"the file has {size} bytes", header)
    elif first and last and int(last) < int(first):
        _forget_range(request)


def _forget_range(request: Request) -> None:
    kept = [(name, value) for name, value in request.scope["headers"] if name != b"range"]
    request.scope["headers"] = kept
