"""The SDK as the commands use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from omnireel.client._sync import Client

BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The server's origin. Default: OMNIREEL_BASE_URL, else http://127.0.0.1:8000.",
        show_default=False,
    ),
]


def connect(base_url: str | None) -> Client:
    """A client for the server; the key comes from OMNIREEL_API_KEY or a local server's data folder."""
    from omnireel.client._sync import Client

    return Client(base_url)
