"""`omnireel keys`: who may use the server whose data lies in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag, complain
from omnireel.cli.parser import command_group
from omnireel.cli.server_extra import server_extra
from omnireel.cli.settings_flags import DataFolder, settings_from
from omnireel.cli.spans import end, span

if TYPE_CHECKING:
    from omnireel.tasks.keys import KeyInfo, KeyStore, NewKey


class Scope(StrEnum):
    READ = "read"
    SUBMIT = "submit"
    ADMIN = "admin"


app = command_group("Make, list, rotate and revoke API keys. Works on the database.")


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "default",
    team: Annotated[str, typer.Option(help="Whose tasks and balance it sees.")] = "default",
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What it may do; may be repeated. Default: admin, everything.", show_default=False),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Its end: 30d, or 2027-01-31. Default: never.", show_default=False),
    ] = None,
    kling: Annotated[
        bool,
        typer.Option("--kling", help="Make an access key and a secret key too, for who signs tokens."),
    ] = False,
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Make a key and print it. It is shown this once and kept only as a hash."""
    talk = Output(json, quiet)
    scopes = [str(wanted) for wanted in scope or [Scope.ADMIN]]
    with ending(talk):
        ends = end(expires, datetime.now(UTC)) if expires else None
        key = _make(data, name, team, scopes, ends)
        pair = _pair(data, key.key_id) if kling else None
    talk.say(f"key {key.key_id} for team {team!r}; keep it, it is not shown again:")
    about = {"name": name, "team": team, "scopes": ",".join(sorted(set(scopes)))}
    talk.data(_secrets(key, pair), _secret_document(key, pair) | about)


@app.command()
def pair(
    key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.", show_default=False)],
    *,
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Print a key's access key and secret key; make them when it has none. Kling's clients sign with them.

    They may do what the key may, and end with it.
    """
    talk = Output(json, quiet)
    with ending(talk):
        found = _pair(data, key_id)
    talk.say(f"the access key and the secret key of key {key_id}:")
    talk.data("\n".join(found.values()), {"key_id": key_id, **found})


@app.command()
def rotate(
    key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.", show_default=False)],
    *,
    overlap: Annotated[
        str, typer.Option(metavar="SPAN", help="How long the secret it has now stays good; 0s ends it.")
    ] = "24h",
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Give a key a new secret and print it. A secret from before the last rotation ends at once."""
    talk = Output(json, quiet)
    with ending(talk):
        key = _open(data).rotate(key_id, span(overlap))
        pair = _pair(data, key_id) if key.access_key else None
    talk.say(f"key {key_id}; the secret before this one is good for {overlap} more. Keep this one:")
    talk.data(_secrets(key, pair), _secret_document(key, pair))


@app.command("list")
def list_keys(*, data: DataFolder = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """List the keys, without their secrets."""
    talk = Output(json, quiet)
    with ending(talk):
        keys = [_document(key) for key in _open(data).list()]
    lines = [str(key["key_id"]) if quiet else _line(key) for key in keys]
    talk.data("\n".join(lines), keys)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.", show_default=False)],
    *,
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Make a key useless from now on."""
    talk = Output(json, quiet)
    with ending(talk):
        revoked = _open(data).revoke(key_id)
    if not revoked:
        complain(f"error: there is no key {key_id!r} in use")
        raise typer.Exit(FAILED)
    talk.data(key_id, {"key_id": key_id, "revoked": True})


def _make(data: Path | None, name: str, team: str, scopes: list[str], expires_at: datetime | None) -> NewKey:
    store = _open(data)
    from omnireel.tasks.scopes import scopes_of

    return store.create(name, team=team, scopes=scopes_of(scopes), expires_at=expires_at)


def _pair(data: Path | None, key_id: str) -> dict[str, str]:
    with server_extra("keys"):
        from omnireel.app.operators import open_pairs

        pair = open_pairs(settings_from(data=data)).of(key_id)
    return {"access_key": pair.access_key, "secret_key": pair.secret_key}


def _secrets(key: NewKey, pair: Mapping[str, str] | None) -> str:
    """A line each."""
    return "\n".join([key.secret, *(pair or {}).values()])


def _secret_document(key: NewKey, pair: Mapping[str, str] | None) -> dict[str, object]:
    return {
        "api_key": key.secret,
        "key_id": key.key_id,
        "last4": key.last4,
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        **(pair or {}),
    }


def _document(key: KeyInfo) -> dict[str, str | None]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "team": key.team,
        "scopes": ",".join(sorted(key.scopes)),
        "last4": key.last4,
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "access_key": key.access_key,
    }


def _line(key: Mapping[str, str | None]) -> str:
    ends = f"in use until {key['expires_at']}" if key["expires_at"] else "in use"
    state = f"revoked {key['revoked_at']}" if key["revoked_at"] else ends
    return f"{key['key_id']}  …{key['last4']}  {key['team']}  {key['name']}  {key['scopes']}  {state}"


def _open(data: Path | None) -> KeyStore:
    with server_extra("keys"):
        from omnireel.app.operators import open_keys

        return open_keys(settings_from(data=data))
