"""How an engine is made, when its operator says more than its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from omnireel.errors import CannotStart


class Options(BaseModel):
    """What one kind of engine can be told: a table `[engines.NAME]` of the settings, without its `kind`.

    An engine's class names its own subclass as `Options`, and gets an instance as `options`. Whatever must
    not be seen is a SecretStr.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True)
class EngineSpec:
    """An engine's `kind` is an installed engine's name, or `module:Class`; `options` are still unchecked."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


def checked(form: type[Options], name: str, options: Mapping[str, Any]) -> Options:
    """The options as the engine takes them. Raises CannotStart naming the setting that is no good."""
    try:
        return form.model_validate(options)
    except ValidationError as error:
        fault = error.errors()[0]
        path = ".".join(str(part) for part in ("engines", name, *fault["loc"]))
        raise CannotStart(f"setting {path!r}: {fault['msg'].removeprefix('Value error, ')}") from None


def needs_options(form: type[Options]) -> bool:
    """Whether an engine can do nothing until it is told something."""
    return any(option.is_required() for option in form.model_fields.values())


def secrets_in(value: object) -> Iterator[str]:
    """Everything in an engine's options that nobody may see."""
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for _, inner in value:
                yield from secrets_in(inner)
        case tuple() | list():
            for inner in value:
                yield from secrets_in(inner)
