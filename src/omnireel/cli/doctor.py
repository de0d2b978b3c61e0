"""`omnireel doctor`: is everything here that Omnireel needs, and if not, what to do."""

from __future__ import annotations

from dataclasses import asdict

import typer

from omnireel.cli.ending import FAILED
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import examples, single_command
from omnireel.cli.session import BaseUrl
from omnireel.cli.settings_flags import DataFolder

app = single_command()


@app.command(epilog=examples("omnireel doctor", "omnireel doctor --json --data /srv/omnireel"))
def doctor(
    *, data: DataFolder = None, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Check this machine and the server; exits with 1 when something is broken.

    Each line is ok, note (worth knowing) or bad, and says what to do. Nothing is changed.
    """
    from omnireel.cli.checkup_client import client_side
    from omnireel.cli.checkup_server import server_side
    from omnireel.cli.finding import State

    findings = [*client_side(base_url), *server_side(data)]
    shown = [finding for finding in findings if not quiet or finding.state is State.BAD]
    lines = [f"{finding.state:<5} {finding.check:<9} {finding.detail}" for finding in shown]
    Output(json, quiet).data("\n".join(lines), [asdict(finding) for finding in findings])
    if any(finding.state is State.BAD for finding in findings):
        raise typer.Exit(FAILED)
