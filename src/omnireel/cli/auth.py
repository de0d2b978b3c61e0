"""`omnireel auth`: keep a key for a server, say which one is used, forget it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag, complain
from omnireel.cli.parser import command_group, examples
from omnireel.cli.session import (
    KEY_VARIABLE,
    URL_VARIABLE,
    BaseUrl,
    Chosen,
    choose_key,
    choose_origin,
)
from omnireel.errors import InvalidRequest

LONGEST_KEY = 4096

app = command_group("Keep API keys for servers, in a file that is yours alone.")


@app.command(
    epilog=examples(
        "omnireel auth login --base-url https://video.example",
        "omnireel auth login < key.txt",
    )
)
def login(*, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Ask for a key, try it, and keep it for this server. Off a terminal the key is read from stdin."""
    talk = Output(json, quiet)
    with ending(talk):
        from omnireel.cli.stored_keys import change_stored_keys, key_file
        from omnireel.client._access import is_loopback

        origin = choose_origin(base_url).value
        key = _ask_key(origin)
        _try_key(origin, key)
        change_stored_keys(lambda kept: kept.with_key(origin, key))
        talk.say(f"the key for {origin} is kept in {key_file()}")
        if origin.startswith("http://") and not is_loopback(origin):
            talk.say("note: this server is spoken to without encryption, and the key goes along")
        if key_now := _other_key(origin, key):
            talk.say(f"note: {key_now.source} has another key and comes first")
        talk.data(origin, {"origin": origin, "key": masked(key), "file": str(key_file())})


@app.command()
def status(*, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Say which server and which key are used, where both are from, and whether the server takes it."""
    talk = Output(json, quiet)
    with ending(talk):
        origin = choose_origin(base_url)
        key = choose_key(origin.value)
        fault = _fault(origin.value, key.value)
        state = fault or "the server takes it"
        lines = [
            f"server   {origin.value}  ({origin.source})",
            f"key      {masked(key.value)}  ({key.source})",
            f"state    {state}",
        ]
        talk.data(
            origin.value if quiet else "\n".join(lines),
            {
                "origin": origin.value,
                "origin_source": origin.source,
                "key": masked(key.value),
                "key_source": key.source,
                "accepted": fault is None,
                "state": state,
            },
        )
    if fault is not None:
        raise typer.Exit(FAILED)


@app.command("list")
def list_origins(*, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """List the servers that keys are kept for."""
    talk = Output(json, quiet)
    with ending(talk):
        from omnireel.cli.stored_keys import stored_keys

        kept = stored_keys()
        lines = [
            origin if quiet else f"{'*' if origin == kept.default else ' '} {origin}  {masked(key)}"
            for origin, key in kept.keys.items()
        ]
        document = [
            {"origin": origin, "key": masked(key), "default": origin == kept.default}
            for origin, key in kept.keys.items()
        ]
        if not lines:
            talk.say("no keys are kept; `omnireel auth login` keeps one")
        talk.data("\n".join(lines), document)


@app.command(epilog=examples("omnireel auth use https://video.example"))
def use(
    server: Annotated[str, typer.Argument(metavar="URL", help="The server's origin.", show_default=False)],
    *,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Talk to this server whenever nothing else names one. A key for it must be kept."""
    talk = Output(json, quiet)
    with ending(talk):
        from omnireel.cli.stored_keys import StoredKeys, change_stored_keys

        origin = choose_origin(server).value

        def chosen(kept: StoredKeys) -> StoredKeys:
            if origin not in kept.keys:
                raise InvalidRequest(f"no key is kept for {origin}: omnireel auth login --base-url {origin}")
            return StoredKeys(kept.keys, origin)

        change_stored_keys(chosen)
        talk.say(f"commands now talk to {origin}, unless --base-url or {URL_VARIABLE} says otherwise")
        talk.data(origin, {"default": origin})


@app.command()
def logout(*, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Forget the key kept for this server. The key itself goes on working; revoke it on the server."""
    talk = Output(json, quiet)
    with ending(talk):
        from omnireel.cli.stored_keys import change_stored_keys, stored_keys

        origin = choose_origin(base_url).value
        if origin not in stored_keys().keys:
            complain(f"error: no key is kept for {origin}")
            raise typer.Exit(FAILED)
        change_stored_keys(lambda kept: kept.without(origin))
        talk.data(origin, {"origin": origin, "forgotten": True})


def masked(key: str) -> str:
    """Enough of a key to know it by, and no more: its kind and its last four letters."""
    head = key.rpartition("_")[0]
    kind = f"{head}_" if head and len(head) <= 16 else ""
    return f"{kind}…{key[-4:]}" if len(key) - len(kind) >= 16 else "…"


def _ask_key(origin: str) -> str:
    if sys.stdin.isatty():
        from getpass import getpass

        key = getpass(f"API key for {origin} (not shown): ")
    else:
        key = sys.stdin.read(LONGEST_KEY + 1)
    key = key.strip()
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidRequest("that is no API key; was it copied whole?")
    return key


def _try_key(origin: str, key: str) -> None:
    """Raises AuthenticationError when the server does not take it, and what the connection raises."""
    from omnireel.client._sync import Client

    with Client(origin, key) as client:
        client.models.list()


def _fault(origin: str, key: str) -> str | None:
    from omnireel.client.errors import APIError

    try:
        _try_key(origin, key)
    except APIError as error:
        return str(error)
    return None


def _other_key(origin: str, key: str) -> Chosen | None:
    used = choose_key(origin)
    return used if used.source == KEY_VARIABLE and used.value != key else None
