"""`omnireel teams`: who uses the server, and what they have left to spend."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnireel.cli.ending import FAILED, ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag, complain
from omnireel.cli.parser import command_group
from omnireel.cli.server_extra import server_extra
from omnireel.cli.settings_flags import DataFolder, settings_from
from omnireel.errors import InvalidRequest

if TYPE_CHECKING:
    from omnireel.tasks.files import MediaFiles
    from omnireel.tasks.quotas import Usage
    from omnireel.tasks.teams import Movement, TeamInfo, TeamStore

_LAST = 10
_DEFAULT = "default"
_DIGITS = 18
"""What a database's integer holds."""

app = command_group("Make, list and fund teams. Works on the database.")
TeamName = Annotated[str, typer.Argument(help="The team's name.", show_default=False)]


@app.command()
def create(
    name: TeamName, *, data: DataFolder = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Make a team. `keys create --team` does so by itself."""
    talk = Output(json, quiet)
    with ending(talk):
        created = _open(data).create(name)
    if not created:
        complain(f"error: there is a team {name!r} already")
        raise typer.Exit(FAILED)
    talk.data(name, {"team": name, "created": True})


@app.command("list")
def list_teams(*, data: DataFolder = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """List the teams with their money, USD."""
    talk = Output(json, quiet)
    with ending(talk):
        teams = _open(data).list()
    lines = [team.name if quiet else _line(team) for team in teams]
    talk.data("\n".join(lines), [_document(team) for team in teams])


@app.command()
def credit(
    name: TeamName,
    amount: Annotated[str, typer.Argument(help="USD, such as 25 or 9.5; after --, less than 0 takes back.")],
    *,
    reference: Annotated[
        str | None,
        typer.Option(help="An invoice's number or the like; the same one counts once.", show_default=False),
    ] = None,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Add to a team's balance."""
    talk = Output(json, quiet)
    with ending(talk):
        team = _open(data).credit(name, _usd(amount), reference=reference, note=note)
    talk.say(f"team {name!r} now has, USD:")
    talk.data(f"{team.balance:.4f}", _document(team))


@app.command("set")
def set_team(
    name: TeamName,
    *,
    running: Annotated[
        str | None,
        typer.Option(
            help="Most of its tasks that run at once; 0 begins none, `default` follows the setting.",
            show_default=False,
        ),
    ] = None,
    uploads: Annotated[
        str | None,
        typer.Option(
            metavar="BYTES",
            help="What its uploaded files may take together, or `default`. What is there already stays.",
            show_default=False,
        ),
    ] = None,
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Set a team's limits. They count from the next claim or upload on, in every process."""
    talk = Output(json, quiet)
    with ending(talk):
        if running is None and uploads is None:
            raise InvalidRequest("nothing to set: give --running or --uploads")
        given = (("running", running), ("uploads", uploads))
        limits = {what: _number(text) for what, text in given if text is not None}
        store, files = _open(data), _open_files(data)
        team = store.limit_running(name, limits["running"]) if "running" in limits else store.get(name)
        if "uploads" in limits:
            files.set_quota(name, limits["uploads"])
        usage = files.usage(name)
    talk.data(
        "\n".join([_line(team), f"  {_uploads_line(usage)}"]), _document(team) | _uploads_document(usage)
    )


@app.command()
def show(
    name: TeamName,
    *,
    last: Annotated[int, typer.Option(min=0, max=1000, help="How many of the last movements.")] = _LAST,
    data: DataFolder = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Show a team's balance, what is reserved for its running tasks, its last movements and its uploads."""
    talk = Output(json, quiet)
    with ending(talk):
        store = _open(data)
        team, movements = store.get(name), store.movements(name, last)
        uploads = _open_files(data).usage(name)
    details = [_uploads_line(uploads), *(_movement_line(movement) for movement in movements)]
    document = (
        _document(team)
        | _uploads_document(uploads)
        | {
            "movements": [_movement_document(movement) for movement in movements],
        }
    )
    talk.data("\n".join([_line(team), *(f"  {line}" for line in details if not quiet)]), document)


@app.command()
def audit(*, data: DataFolder = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Check that everybody's money adds up; exits with 1 and says what does not."""
    talk = Output(json, quiet)
    with ending(talk):
        faults = _open(data).audit()
    talk.data("\n".join(faults) or "everything adds up", {"faults": list(faults)})
    if faults:
        raise typer.Exit(FAILED)


def _usd(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidRequest(f"an amount must be USD, such as 25 or 9.5, got {text!r}") from None


def _number(text: str) -> int | None:
    if text == _DEFAULT:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise InvalidRequest(f"a limit must be a number, such as 5000000000, or {_DEFAULT!r}, got {text!r}")
    return int(text)


def _document(team: TeamInfo) -> dict[str, object]:
    return {
        "team": team.name,
        "balance": f"{team.balance:.4f}",
        "reserved": f"{team.reserved:.4f}",
        "running_limit": team.running_limit,
        "created_at": team.created_at.isoformat(),
    }


def _line(team: TeamInfo) -> str:
    limit = "" if team.running_limit is None else f", at most {team.running_limit} running"
    return f"{team.name}  {team.balance:.4f} USD, {team.reserved:.4f} more reserved{limit}"


def _uploads_line(uploads: Usage) -> str:
    return f"uploads  {uploads.used} of {uploads.quota} bytes"


def _uploads_document(uploads: Usage) -> dict[str, object]:
    return {"uploads": {"used_bytes": uploads.used, "quota_bytes": uploads.quota}}


def _movement_document(movement: Movement) -> dict[str, object]:
    return {
        "kind": movement.kind,
        "task_id": movement.task_id,
        "note": movement.note,
        "created_at": movement.created_at.isoformat(),
        "entries": {account: f"{amount:.4f}" for account, amount in movement.entries.items()},
    }


def _movement_line(movement: Movement) -> str:
    gains = "  ".join(f"{account} {amount:+.4f}" for account, amount in movement.entries.items())
    about = f"  {movement.task_id or movement.note}" if movement.task_id or movement.note else ""
    return f"{movement.created_at:%Y-%m-%d %H:%M:%S}  {movement.kind:<8}{about}  {gains}"


def _open(data: Path | None) -> TeamStore:
    with server_extra("teams"):
        from omnireel.app.operators import open_teams

        return open_teams(settings_from(data=data))


def _open_files(data: Path | None) -> MediaFiles:
    with server_extra("teams"):
        from omnireel.app.operators import open_files

        return open_files(settings_from(data=data))
