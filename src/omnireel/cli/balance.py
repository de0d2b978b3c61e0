"""`omnireel balance`: what is left to spend."""

from __future__ import annotations

from omnireel.cli.ending import ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import single_command
from omnireel.cli.session import BaseUrl, connect

app = single_command()


@app.command()
def balance(*, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Show what the key's team has left, in US dollars. Where nothing is charged, that is 0."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        amount = f"{client.balance():.4f}"
        talk.data(amount if quiet else f"{amount} USD", {"balance": amount, "currency": "USD"})
