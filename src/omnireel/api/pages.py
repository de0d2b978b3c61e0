"""The pages for people: front page, reference, and the document behind it. All comes from this server."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse

from omnireel.api.problems import Problem
from omnireel.api.rooms import RoomsHere

_HERE = files("omnireel.api")
_ASSETS = Path(str(files("fastapi_offline"))) / "static"
_SERVED = {"redoc.standalone.js": "text/javascript"}
# Redoc styles itself at run time and searches in a worker made from a blob; all else is of this origin.
_ONLY_OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_PAGE_HEADERS = {"Content-Security-Policy": _ONLY_OURS, "Referrer-Policy": "no-referrer"}

_READING = ["GET", "HEAD"]

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=_READING, response_class=HTMLResponse)
def front(request: Request, rooms: RoomsHere) -> HTMLResponse:
    names = {"base": rooms.links.base, "version": request.app.version}
    return _page("front.html", names)


@router.api_route("/docs", methods=_READING, response_class=HTMLResponse)
def docs() -> HTMLResponse:
    return _page("docs.html", {})


@router.api_route("/docs/{name}", methods=_READING, response_class=FileResponse)
def asset(name: str) -> FileResponse:
    if name not in _SERVED:
        raise Problem(404, "Resource not found", "there is no such file")
    return FileResponse(_ASSETS / name, media_type=_SERVED[name], headers={"Cache-Control": "max-age=86400"})


@router.api_route("/openapi.json", methods=_READING)
def openapi(request: Request) -> JSONResponse:
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)


def _page(name: str, values: dict[str, str]) -> HTMLResponse:
    text = (_HERE / name).read_text(encoding="utf-8")
    shown = {key: escape(value) for key, value in values.items()}
    return HTMLResponse(Template(text).substitute(shown), headers=_PAGE_HEADERS)
