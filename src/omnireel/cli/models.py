"""`omnireel models`: what the server can be asked for."""

from __future__ import annotations

from dataclasses import asdict

from omnireel.cli.ending import ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import single_command
from omnireel.cli.session import BaseUrl, connect

app = single_command()


@app.command()
def models(*, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """List the models; with --quiet, their names alone."""
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        found = client.models.list()
        width = max((len(model.slug) for model in found), default=0)
        lines = [model.slug if quiet else f"{model.slug:<{width}}  {model.display_name}" for model in found]
        talk.data("\n".join(lines), [asdict(model) for model in found])
