"""`omnireel keys`: who may use the server whose data lies in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag, complain
from omnireel.cli.server_extra import server_extra
from omnireel.cli.settings_flags import DataFolder, settings_from

if TYPE_CHECKING:
    from omnireel.tasks.keys import KeyInfo, KeyStore

app = typer.Typer(help="Make, list and revoke API keys. Works on the database.", no_args_is_help=True)


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "default",
    team: Annotated[str, typer.Option(help="Whose tasks and balance it sees.")] = "default",
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Make a key and print it. It is shown this once and kept only as a hash."""
    talk = Output(json, quiet)
    with ending(talk):
        key = _open(data).create(name, team=team)
    talk.say(f"key {key.key_id} for team {team!r}; keep it, it is not shown again:")
    document = {"api_key": key.secret, "key_id": key.key_id, "last4": key.last4, "name": name, "team": team}
    talk.data(key.secret, document | {"created_at": key.created_at.isoformat()})


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


def _document(key: KeyInfo) -> dict[str, str | None]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "team": key.team,
        "last4": key.last4,
        "created_at": key.created_at.isoformat(),
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


def _line(key: Mapping[str, str | None]) -> str:
    state = f"revoked {key['revoked_at']}" if key["revoked_at"] else "in use"
    return f"{key['key_id']}  …{key['last4']}  {key['team']}  {key['name']}  {state}"


def _open(data: Path | None) -> KeyStore:
    with server_extra("keys"):
        from omnireel.app import open_keys

        return open_keys(settings_from(data=data))
