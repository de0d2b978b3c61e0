"""What a key may do."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from omnireel.errors import InvalidRequest


class Scope(StrEnum):
    """A kind of thing a key may do."""

    READ = "read"
    """Look at tasks, files and the balance."""
    SUBMIT = "submit"
    """Submit and cancel tasks, upload and delete files."""
    ADMIN = "admin"
    """Everything."""


Scopes = frozenset[Scope]

EVERYTHING: Scopes = frozenset({Scope.ADMIN})


def allows(scopes: Scopes, wanted: Scope) -> bool:
    return wanted in scopes or Scope.ADMIN in scopes


def scopes_of(names: Collection[str]) -> Scopes:
    """Raises InvalidRequest for a name that is none, and for no name at all."""
    known = {scope.value for scope in Scope}
    if not names or not known.issuperset(names):
        raise InvalidRequest(f"a key's scopes must be some of {', '.join(Scope)}", field="scope")
    return frozenset(map(Scope, names))


def stored(scopes: Scopes) -> str:
    """As they stand in the database and in lists: `read,submit`."""
    return ",".join(sorted(scopes))
