"""`omnireel models`: what the server can be asked for, and how; and open models on this machine."""

from __future__ import annotations

import json as json_text
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from omnireel.cli.ending import ending
from omnireel.cli.output import ItemsFlag, JsonFlag, Output, QuietFlag
from omnireel.cli.parser import command_group, examples
from omnireel.cli.session import BaseUrl, connect
from omnireel.cli.weights import profiles, pull, verify

app = command_group(
    "See what the server can be asked for. Without a word more, the models are listed.", no_args_is_help=False
)


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context, *, base_url: BaseUrl = None, json: JsonFlag = False, quiet: QuietFlag = False
) -> None:
    """See what the server can be asked for. Without a word more, the models are listed."""
    if context.invoked_subcommand is None:
        _list(Output(json, quiet), base_url)


@app.command("list")
def list_models(
    *, base_url: BaseUrl = None, json: JsonFlag = False, jsonl: ItemsFlag = False, quiet: QuietFlag = False
) -> None:
    """List the models; with --quiet, their names alone."""
    _list(Output(json, quiet, jsonl), base_url)


@app.command(
    epilog=examples(
        "omnireel models describe kling/kling-video-o1",
        "omnireel models describe kling/kling-video-o1 --json | jq .properties",
    )
)
def describe(
    model: Annotated[str, typer.Argument(help="As `models list` shows it.", show_default=False)],
    *,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Show what a model takes: each field, its values and its limits, and the rules between them.

    --json prints the JSON Schema of a request's body; --quiet the names of its fields.
    """
    talk = Output(json, quiet)
    with ending(talk), connect(base_url) as client:
        found = client.models.describe(model)
        fields = _mapping(found.schema.get("properties"))
        lines = list(fields) if quiet else [f"{found.slug}  POST {found.url}", *_text(found.schema)]
        talk.data("\n".join(lines), dict(found.schema))


app.command(epilog=examples("omnireel models profiles", "omnireel models profiles --json"))(profiles)
app.command(
    epilog=examples(
        "omnireel models pull wan-vace-1.3b",
        "HF_ENDPOINT=https://mirror.example omnireel models pull wan-vace-1.3b --folder /srv/models",
    )
)(pull)
app.command(epilog=examples("omnireel models verify wan-vace-1.3b"))(verify)


def _list(talk: Output, base_url: str | None) -> None:
    with ending(talk), connect(base_url) as client:
        found = client.models.list()
        width = max((len(model.slug) for model in found), default=0)
        lines = [
            model.slug if talk.quiet else f"{model.slug:<{width}}  {model.display_name}" for model in found
        ]
        talk.items(lines, [asdict(model) for model in found])


def _text(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required")
    fields = _mapping(schema.get("properties"))
    width = max((len(name) for name in fields), default=0)
    for name, field in fields.items():
        needed = isinstance(required, list) and name in required
        about = [_values(_mapping(field)), "required" if needed else _default(_mapping(field))]
        yield f"  {name:<{width}}  {', '.join(filter(None, about))}"
        if description := _mapping(field).get("description"):
            indent = " " * (width + 6)
            yield from textwrap.wrap(str(description), 100, initial_indent=indent, subsequent_indent=indent)
    rules = schema.get("allOf")
    for rule in rules if isinstance(rules, list) else ():
        if words := _mapping(rule).get("description") or _mapping(rule).get("title"):
            yield f"  rule: {words}"


def _values(field: Mapping[str, Any]) -> str:
    """What a field may hold, in words."""
    return _kind(field) + ("" if "enum" in field else _limits(field))


def _kind(field: Mapping[str, Any]) -> str:
    if isinstance(choices := field.get("enum"), list):
        return " | ".join(json_text.dumps(choice) for choice in choices if choice is not None)
    said = field.get("type")
    # That a field may be null says no more than that it may be left out.
    kinds = [str(kind) for kind in (said if isinstance(said, list) else [said]) if kind not in ("null", None)]
    if kinds == ["array"]:
        return f"list of {_kind(_mapping(field.get('items')))}"
    return " or ".join(kinds) or "anything"


def _limits(field: Mapping[str, Any]) -> str:
    for least, most, unit in (
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " of them"),
        ("minimum", "maximum", ""),
    ):
        low, high = field.get(least), field.get(most)
        if low is not None and high is not None:
            return f", {low} to {high}{unit}" if low != high else f", {low}{unit}"
        if low is not None or high is not None:
            return f", at least {low}{unit}" if high is None else f", at most {high}{unit}"
    return ""


def _default(field: Mapping[str, Any]) -> str:
    return f"default {json_text.dumps(field['default'])}" if "default" in field else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
