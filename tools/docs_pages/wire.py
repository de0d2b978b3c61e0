"""The wire's calls, rules, limits and errors, from the code that serves them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any, Final

from docs_pages.tables import table
from omnireel.api.openapi import CATEGORIES
from omnireel.app.house import open_house
from omnireel.app.web import build_app
from omnireel.catalog.model import Terms
from omnireel.catalog.models import MODELS
from omnireel.catalog.rules import Rule
from omnireel.errors import AttemptError
from omnireel.models import MediaLimits
from omnireel.settings import Settings

_TERMS: Final = Terms(engines=("studio",))
_PLAIN: Final = {"type", "minLength", "maxLength", "minimum", "maximum", "enum", "default"}


def calls() -> str:
    """Every path the server answers, with what it answers."""
    rows = [
        (f"`{method.upper()} {path}`", str(operation["summary"]), ", ".join(sorted(operation["responses"])))
        for path, operations in _document()["paths"].items()
        for method, operation in operations.items()
    ]
    rows.sort(key=lambda row: row[0].partition(" ")[2])
    return table(("call", "what it is for", "answers"), rows)


def fields() -> str:
    """The fields of a submit, of all models: their types, their values and what they are for."""
    first, *others = (model.table(_TERMS) for model in MODELS.values())
    known = {rule.field for rule in first}
    single = [rule for rule in first if not rule.conditional]
    single += [
        rule for table_ in others for rule in table_ if not rule.conditional and rule.field not in known
    ]
    return table(("field", "type", "values", "meaning"), [_field(rule) for rule in single])


def rules() -> str:
    """The rules between fields, by their ids, and for which model."""
    found: dict[tuple[str, str], list[str]] = {}
    for slug, model in MODELS.items():
        for rule in model.table(_TERMS):
            if rule.conditional or rule.schema is None:
                found.setdefault((rule.id, rule.prose), []).append(slug.rpartition("/")[2])
    rows = [
        (
            f"`{rule_id}`",
            prose,
            "all" if len(slugs) == len(MODELS) else ", ".join(f"`{slug}`" for slug in slugs),
        )
        for (rule_id, prose), slugs in found.items()
    ]
    return table(("rule", "in words", "model"), rows)


def limits() -> str:
    """What an input may measure, as the server ships."""
    most = MediaLimits()
    mib = 1024 * 1024
    return table(
        ("", "picture", "video"),
        [
            ("bytes", f"≤ {most.image_bytes // mib} MiB", f"≤ {most.video_bytes // mib} MiB"),
            (
                "sides",
                f"{most.image_min_side}–{most.image_max_side} px",
                f"{most.video_min_side}–{most.video_max_side} px",
            ),
            ("shape", f"1:{most.image_max_shape:g}–{most.image_max_shape:g}:1", "any"),
            ("length", "–", f"{most.video_min_seconds:g}–{most.video_max_seconds:g} s"),
            ("rate", "–", f"{most.video_min_fps:g}–{most.video_max_fps:g} fps"),
        ],
    )


def errors() -> str:
    """Every status an error may have, and its categories."""
    return table(
        ("status", "message begins with"), [(f"`{code}`", words) for code, words in CATEGORIES.items()]
    )


def failures() -> str:
    """Every `error.type` that a failed task may carry."""
    rows = [
        (f"`{kind.type}`", kind.retryable, (kind.__doc__ or "").split("\n")[0])
        for kind in _endings(AttemptError)
    ]
    return table(("`error.type`", "`retryable`", "when"), [(a, str(b).lower(), c) for a, b, c in rows])


def _endings(kind: type[AttemptError]) -> Iterator[type[AttemptError]]:
    for below in kind.__subclasses__():
        if below.type == kind.type:
            # Only we tell them apart.
            continue
        if below.__module__ == kind.__module__ and below.type != "canceled":
            yield below
        yield from _endings(below)


def _field(rule: Rule) -> tuple[str, str, str, str]:
    schema = rule.schema or {}
    kinds = schema.get("type", "string")
    kind = next(kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null")
    return f"`{rule.field}`", kind, _values(schema), rule.prose


def _values(schema: Mapping[str, Any]) -> str:
    items = schema.get("items", {})
    words = [word for word in (schema.get("enum") or items.get("enum") or ()) if word is not None]
    told = [", ".join(f"`{word}`" for word in words)] if words else []
    for least, most, unit in (
        ("minLength", "maxLength", "characters"),
        ("minItems", "maxItems", "entries"),
        ("minimum", "maximum", ""),
    ):
        if most in schema:
            span = f"{schema.get(least, 0)}–{schema[most]}"
            told.append("exactly 1" if span == "1–1" else f"{span} {unit}".strip())
    if "default" in schema:
        told.append(f"default `{str(schema['default']).lower()}`")
    return "; ".join(told)


def _document() -> dict[str, Any]:
    """The published description of a server with every setting at its default."""
    with tempfile.TemporaryDirectory() as folder:
        house = open_house(Settings(data=Path(folder)), "http://127.0.0.1:8000")
        try:
            return build_app(house, "http://127.0.0.1:8000", None, Event(), Event()).openapi()
        finally:
            house.close()
