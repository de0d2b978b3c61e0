"""Saying in a dialect's names what our own rules say in ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from omnireel.errors import InvalidRequest, MissingParameter

_QUOTED = re.compile(r"'([a-z_]+)(?:\[\d+\])?'")
_LONGEST = 64
_MOST = 20


@contextmanager
def renaming(names: Mapping[str, str]) -> Iterator[None]:
    """Tell of what is refused inside by the names of the dialect, given by our own."""
    try:
        yield
    except InvalidRequest as error:
        message = _QUOTED.sub(lambda found: _renamed(found, names), str(error))
        field = names.get(error.field or "", error.field)
        raise type(error)(message, field=field, rule=error.rule) from None


def _renamed(found: re.Match[str], names: Mapping[str, str]) -> str:
    return f"'{names[found[1]]}'" if found[1] in names else found[0]


def ignored(fields: Collection[str], known: Collection[str], *, strict: bool) -> tuple[str, ...]:
    """Notes on fields that the dialect does not know. Raises MissingParameter on a strict server."""
    names = [name[:_LONGEST] for name in fields if name not in known][:_MOST]
    if names and strict:
        raise MissingParameter(f"parameter {names[0]!r} is not known", field=names[0])
    return tuple(f"the unknown field {name!r} was ignored" for name in names)
