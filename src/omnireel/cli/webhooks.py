"""`omnireel webhooks`: what was told to whom, once more on request, and what it is signed with."""

from __future__ import annotations

from typing import Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import command_group
from omnireel.cli.session import BaseUrl, connect
from omnireel.client.types import Delivery

app = command_group("Look at webhooks, send one again, get their secret.")


@app.command("list")
def list_deliveries(
    *,
    task: Annotated[str | None, typer.Option(metavar="TASK_ID", help="Those of one task only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, the newest first.")] = 20,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List the newest webhooks; with --quiet, their ids alone."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        found = client.webhooks.deliveries(task_id=task, limit=limit).deliveries
        lines = [delivery.delivery_id if quiet else _line(delivery) for delivery in found]
        talk.data("\n".join(lines), [dict(delivery.raw) for delivery in found])


@app.command()
def resend(
    delivery_id: Annotated[str, typer.Argument(help="As `webhooks list` shows it.", show_default=False)],
    *,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Send a webhook once more, at once, under the same id."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        delivery = client.webhooks.resend(delivery_id)
        talk.data(delivery.delivery_id if quiet else _line(delivery), dict(delivery.raw))


@app.command()
def secret(
    *,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new one; the old one signs too for 24 hours.")
    ] = False,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Print what receivers check signatures with."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        found = client.webhooks.rotate_secret() if rotate else client.webhooks.secret()
        talk.data(found, {"secret": found})


def _line(delivery: Delivery) -> str:
    last = delivery.attempts[-1] if delivery.attempts else None
    said = (last.error or str(last.status_code)) if last else "not tried yet"
    tries = f"{len(delivery.attempts)}x"
    facts = (
        delivery.delivery_id,
        f"{delivery.status:<9}",
        f"{tries:>4}",
        said,
        delivery.task_id,
        delivery.url,
    )
    return "  ".join(facts)
