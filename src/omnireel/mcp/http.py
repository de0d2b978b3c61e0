"""MCP over streamable HTTP: on loopback unless told otherwise, for callers who bring their own key."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable, Sequence
from typing import Final

import uvicorn
from mcp.server.lowlevel.server import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from omnireel.client.errors import AuthenticationError
from omnireel.errors import CannotStart
from omnireel.mcp.roots import Roots
from omnireel.mcp.server import ClientOf, make_server

PATH: Final = "/mcp"
LARGEST_BODY: Final = 1024 * 1024
"""Bytes of a request: files do not travel in it."""
LINGER_SECONDS: Final = 5
BEARER: Final = "bearer "
_REFUSAL: Final = json.dumps(
    {"error": "send your Omnireel API key: Authorization: Bearer omr_…"}, ensure_ascii=False
).encode()


def key_of(request: Request) -> str:
    """The key a request brought, and nobody else's."""
    key = bearer_key(request.headers.get("authorization", ""))
    if not key:
        raise AuthenticationError("the request carried no API key")
    return key


def bearer_key(header: str) -> str:
    """The key in an Authorization header, empty when it has none."""
    return header[len(BEARER) :].strip() if header.lower().startswith(BEARER) else ""


class KeyedOnly:
    """Refuses requests without a key before anything is read from them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _has_key(scope):
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": _REFUSAL})


def _has_key(scope: Scope) -> bool:
    return any(
        name == b"authorization" and bearer_key(value.decode("latin-1")) for name, value in scope["headers"]
    )


def serve_http(
    base_url: str,
    roots: Roots,
    *,
    host: str,
    port: int,
    names: Sequence[str],
    announce: Callable[[str], None],
) -> None:
    """Serve until a signal. `names` are the hosts that clients call it by, beside the loopback's.

    `announce` is told the address once it is open. Raises CannotStart.
    """
    if not _is_loopback(host) and not names:
        raise CannotStart(
            f"--host {host} can be reached by others: name what clients call it by, --allow-host NAME[:PORT]"
        )
    with _listen(host, port) as listener:
        port = listener.getsockname()[1]
        server = make_server(base_url, roots, key_of)
        app = KeyedOnly(_app(server, _security(port, names)))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=LINGER_SECONDS,
        )
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}")
        uvicorn.Server(config).run([listener])


def _app(server: Server[ClientOf], security: TransportSecuritySettings) -> ASGIApp:
    # Stateless: no session that one caller could take over from another, nothing kept between requests.
    return server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=LARGEST_BODY,
        transport_security=security,
    )


def _security(port: int, names: Sequence[str]) -> TransportSecuritySettings:
    """Web pages that point a name of theirs at us are refused by Host, others' pages by Origin."""
    hosts = [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", *names]
    origins = [f"{scheme}://{name}" for name in hosts for scheme in ("http", "https")]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise CannotStart(f"cannot listen on {host}:{port}: {error.strerror}") from error
