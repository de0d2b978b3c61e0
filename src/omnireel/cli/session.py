"""Which server the commands talk to and as whom, and the SDK as they use it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from omnireel.client._sync import Client

BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="The server's origin. Default: OMNIREEL_BASE_URL, else what `auth use` chose, else"
        " http://127.0.0.1:8000.",
        show_default=False,
    ),
]

FLAG, URL_VARIABLE, KEY_VARIABLE = "--base-url", "OMNIREEL_BASE_URL", "OMNIREEL_API_KEY"


@dataclass(frozen=True)
class Chosen:
    """A value and the place it is from."""

    value: str = field(repr=False)
    source: str


def connect(base_url: str | None) -> Client:
    """A client for the server. Raises AuthenticationError when there is no key for it."""
    from omnireel.client._sync import Client

    origin = choose_origin(base_url).value
    return Client(origin, choose_key(origin).value)


def choose_origin(base_url: str | None) -> Chosen:
    """The flag, else the environment, else the stored default, else this machine.

    Raises InvalidRequestError, FileUnusable.
    """
    from omnireel.cli.stored_keys import key_file, stored_keys
    from omnireel.client._access import find_origin

    if base_url:
        return Chosen(_lower(find_origin(base_url)), FLAG)
    if os.environ.get(URL_VARIABLE, "").strip():
        return Chosen(_lower(find_origin(None)), URL_VARIABLE)
    if default := stored_keys().default:
        return Chosen(_lower(find_origin(default)), str(key_file()))
    return Chosen(find_origin(None), "default")


def choose_key(origin: str) -> Chosen:
    """The environment's, else the one stored for the origin, else a local server's first.

    Raises AuthenticationError, FileUnusable.
    """
    from omnireel.cli.stored_keys import key_file, stored_keys
    from omnireel.client._access import first_key_path, resolve
    from omnireel.client.errors import AuthenticationError

    if key := os.environ.get(KEY_VARIABLE, "").strip():
        return Chosen(key, KEY_VARIABLE)
    if stored := stored_keys().keys.get(origin):
        return Chosen(stored, str(key_file()))
    try:
        return Chosen(resolve(origin, None).api_key, str(first_key_path()))
    except AuthenticationError:
        raise AuthenticationError(
            f"no API key for {origin}: run `omnireel auth login`, set {KEY_VARIABLE}, or work in the folder"
            f" where a local server keeps its data (looked for {first_key_path()})"
        ) from None


def _lower(origin: str) -> str:
    # Scheme and host mean the same in any case, and keys are found by the whole text.
    return origin.lower()
