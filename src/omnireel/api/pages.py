"""The pages for people: playground, reference, and the document behind it. All comes from this server."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse

from omnireel.api.problems import Problem
from omnireel.api.rooms import ApiValues, RoomsHere

_OURS = Path(str(files("omnireel")))
_HERE = _OURS / "api"
_PLAYGROUND = _HERE / "playground"
_SAMPLE = _OURS / "demo" / "pond.mp4"
_OFFLINE = Path(str(files("fastapi_offline"))) / "static"
_REFERENCE: Final = {"redoc.standalone.js": "text/javascript"}
_TYPES: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}
_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+", re.ASCII)
# Their names change with their content.
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

_CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# `blob:` is for pictures and clips that somebody has picked and not yet sent.
_PLAYGROUND_MAY = (
    f"{_CLOSED}; script-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for 'script';"
    " trusted-types 'none'; img-src 'self' blob:{files}; media-src 'self' blob:{files}"
)
# Redoc styles itself at run time and searches in a worker made from a blob.
_REFERENCE_MAY = (
    f"{_CLOSED}; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; worker-src blob:"
)

_READING = ["GET", "HEAD"]

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=_READING, response_class=HTMLResponse)
def playground(request: Request, rooms: RoomsHere) -> HTMLResponse:
    values = rooms.values
    told = {"base": rooms.links.base, "version": request.app.version, "first_key": _first_key(values)}
    elsewhere = f" {values.file_origin}" if values.file_origin else ""
    page = _page(_PLAYGROUND / "index.html", told, _PLAYGROUND_MAY.format(files=elsewhere))
    page.headers["Cache-Control"] = "no-cache"
    return page


@router.api_route("/assets/{name}", methods=_READING, response_class=FileResponse)
def playground_asset(name: str) -> FileResponse:
    path = _PLAYGROUND / "assets" / name
    if not _NAME.fullmatch(name) or path.suffix not in _TYPES or not path.is_file():
        raise _no_such_file()
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=_FOREVER)


@router.api_route("/samples/pond.mp4", methods=_READING, response_class=FileResponse)
def sample() -> FileResponse:
    """A clip for visitors who have none at hand."""
    return FileResponse(_SAMPLE, media_type="video/mp4", headers={"Cache-Control": "max-age=86400"})


@router.api_route("/docs", methods=_READING, response_class=HTMLResponse)
def docs() -> HTMLResponse:
    return _page(_HERE / "docs.html", {}, _REFERENCE_MAY)


@router.api_route("/docs/{name}", methods=_READING, response_class=FileResponse)
def reference_asset(name: str) -> FileResponse:
    if name not in _REFERENCE:
        raise _no_such_file()
    headers = {"Cache-Control": "max-age=86400"}
    return FileResponse(_OFFLINE / name, media_type=_REFERENCE[name], headers=headers)


@router.api_route("/openapi.json", methods=_READING)
def openapi(request: Request) -> JSONResponse:
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)


def _first_key(values: ApiValues) -> str:
    """The path of the file that holds the first key, where it may be told and is still there."""
    return values.first_key if values.first_key and Path(values.first_key).is_file() else ""


def _no_such_file() -> Problem:
    return Problem(404, "Resource not found", "there is no such file")


def _page(path: Path, values: dict[str, str], policy: str) -> HTMLResponse:
    shown = {key: escape(value) for key, value in values.items()}
    text = Template(path.read_text(encoding="utf-8")).substitute(shown)
    return HTMLResponse(text, headers={"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"})
