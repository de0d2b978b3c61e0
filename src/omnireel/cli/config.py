"""`omnireel config`: what is set, and by whom."""

from __future__ import annotations

import json as json_text
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit, urlunsplit

import typer

from omnireel.cli.auth import masked
from omnireel.cli.ending import ending
from omnireel.cli.output import JsonFlag, Output, QuietFlag
from omnireel.cli.parser import command_group, examples
from omnireel.cli.server_extra import INSTALL
from omnireel.cli.session import BaseUrl, choose_key, choose_origin

if TYPE_CHECKING:
    from pydantic import SecretStr

app = command_group("Show what is set, and where it is from.")


@dataclass(frozen=True)
class Setting:
    """A value as it may be shown, and its source."""

    name: str
    value: Any
    origin: str


@app.command(epilog=examples("omnireel config show --origin", "omnireel config show --json"))
def show(
    *,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value is from.")] = False,
    base_url: BaseUrl = None,
    json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Show every setting as commands started in this folder would have it. Secrets are masked.

    The first two are this command line's own, the others a server's.
    """
    talk = Output(json, quiet)
    with ending(talk):
        settings = [*_of_the_caller(base_url), *_of_a_server(talk)]
        talk.data("\n".join(_lines(settings, with_origin=origin)), [asdict(setting) for setting in settings])


def _of_the_caller(base_url: str | None) -> list[Setting]:
    from omnireel.client.errors import AuthenticationError

    server = choose_origin(base_url)
    try:
        key = choose_key(server.value)
    except AuthenticationError:
        return [Setting("base_url", server.value, server.source), Setting("api_key", None, "nowhere")]
    return [
        Setting("base_url", server.value, server.source),
        Setting("api_key", masked(key.value), key.source),
    ]


def _of_a_server(talk: Output) -> list[Setting]:
    if find_spec("pydantic_settings") is None:
        talk.say(f"a server's settings are shown where it is installed: {INSTALL}")
        return []
    from omnireel.cli.setting_sources import sources_of_settings, unknown_variables
    from omnireel.cli.settings_flags import settings_from

    settings = settings_from()
    values = settings.model_dump(mode="json")
    values["database"] = _without_password(settings.database)
    for name in unknown_variables(frozenset(values)):
        talk.say(f"note: {name} is set, and there is no such setting")
    return [Setting(name, values[name], source) for name, source in sources_of_settings().items()]


def _without_password(url: SecretStr | None) -> str | None:
    """A database's URL, its password left out."""
    if url is None:
        return None
    parts = urlsplit(url.get_secret_value())
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return urlunsplit(
        parts._replace(netloc=f"{name}{colon and ':…'}{at}{host}", query="…" if parts.query else "")
    )


def _lines(settings: list[Setting], *, with_origin: bool) -> list[str]:
    rows = [row for setting in settings for row in _rows(setting)]
    names = max(len(name) for name, _, _ in rows)
    if not with_origin:
        return [f"{name:<{names}}  {value}" for name, value, _ in rows]
    width = min(40, max(len(value) for _, value, _ in rows))
    return [f"{name:<{names}}  {value:<{width}}  {_short(origin)}" for name, value, origin in rows]


def _rows(setting: Setting) -> list[tuple[str, str, str]]:
    """A name, a value and an origin; as many as a table has values."""
    if isinstance(setting.value, dict):
        inner = [
            Setting(f"{setting.name}.{key}", value, setting.origin) for key, value in setting.value.items()
        ]
        return [row for one in inner for row in _rows(one)]
    shown = setting.value if isinstance(setting.value, str) else json_text.dumps(setting.value)
    return [(setting.name, "–" if setting.value is None else shown, setting.origin)]


def _short(origin: str) -> str:
    home = str(Path.home())
    return origin.replace(home, "~", 1) if origin.startswith(home + "/") else origin
