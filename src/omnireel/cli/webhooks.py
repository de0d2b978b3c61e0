"""`omnireel webhooks`: what was told to whom, once more on request, and what it is signed with."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import ItemsFlag, JsonFlag, Output, QuietFlag
from omnireel.cli.parser import command_group
from omnireel.cli.session import BaseUrl, connect
from omnireel.client.types import Delivery, DeliveryAttempt

app = command_group("Look at webhooks, send one again, get the secret they are signed with.")


DeliveryId = Annotated[str, typer.Argument(help="As `webhooks list` shows it.", show_default=False)]


@app.command("list")
def list_deliveries(
    *,
    task: Annotated[str | None, typer.Option(metavar="TASK_ID", help="Those of one task only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the newest first.")] = 20,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    jsonl: ItemsFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """List the newest webhooks; with --quiet, their ids alone."""
    talk = Output(json, quiet, jsonl)
    with ending(talk), connect(base_url) as client:
        found = list(islice(client.webhooks.list(task_id=task, page_size=min(limit, 100)), limit))
        lines = [delivery.delivery_id if quiet else _line(delivery) for delivery in found]
        talk.items(lines, [delivery.raw for delivery in found])


@app.command()
def get(
    delivery_id: DeliveryId, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """Show a webhook and every attempt to deliver it; with --quiet, its status alone."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        delivery = client.webhooks.get(delivery_id)
        talk.data(delivery.status if quiet else _listing(delivery), dict(delivery.raw))


@app.command()
def resend(
    delivery_id: DeliveryId, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
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


def _listing(delivery: Delivery) -> str:
    due = delivery.next_attempt_at
    facts = {
        "webhook": delivery.delivery_id,
        "status": delivery.status,
        "event": delivery.event,
        "task": delivery.task_id,
        "to": delivery.url,
        "next": f"{due.astimezone():%Y-%m-%d %H:%M:%S}" if due else "",
    }
    lines = [f"{name:<9}{value}" for name, value in facts.items() if value]
    return "\n".join([*lines, *(_attempt(attempt) for attempt in delivery.attempts)])


def _attempt(attempt: DeliveryAttempt) -> str:
    at = f"{attempt.at.astimezone():%Y-%m-%d %H:%M:%S}" if attempt.at else "?"
    took = "" if attempt.latency_ms is None else f"{attempt.latency_ms} ms"
    status = "" if attempt.status_code is None else str(attempt.status_code)
    said = "  ".join(filter(None, [at, status, attempt.error, took]))
    return f"{f'try {attempt.number}':<9}{said}"
