"""What a database must be asked in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Float, Insert, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.functions import FunctionElement


class DatabaseNow(FunctionElement[float]):
    """When the statement began on the database's clock, unix seconds: one clock for all who share it."""

    type = Float(53)
    inherit_cache = True


class WholePart(FunctionElement[int]):
    """A number that is not negative, without what follows its decimal point."""

    type = BigInteger()
    inherit_cache = True


Changes = Callable[[ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]], Mapping[str, Any]]
"""From the columns of the row that was to be inserted to what becomes of the one that is there."""


@dataclass(frozen=True)
class Dialect:
    """One database's ways."""

    embedded: bool
    """A file of our own: it cannot go away, and nobody but us migrates it."""
    reading: Mapping[str, Any]
    """Execution options of a transaction that only reads, and sees one moment of the database."""
    writing: Mapping[str, Any]
    """Execution options of a transaction that writes."""
    alone: Mapping[str, Any]
    """Execution options of one statement that is a transaction by itself."""
    insert_once: Callable[[Table], Insert]
    """An insert that leaves the row alone, and counts none, where its key is taken."""
    insert_or_change: Callable[[Table, Changes], Insert]
    """An insert that changes the row where its key is taken."""
    beside: Callable[[Engine], Engine]
    """Where rows go that a power cut may take: they are written often, and nobody waits for a disk."""
    prepare: Callable[[Engine], None]
    """Settles what a migration needs and cannot do inside its transaction."""
    lock: Callable[[Connection], None]
    """Lets one migration in at a time, until the transaction ends."""
    take_turn: Callable[[Connection, str], bool]
    """Keeps others from the team's turn until the transaction ends. False when another one has it."""
    await_turn: Callable[[Connection, str], bool]
    """The same, after waiting a moment for who has it; for a transaction that holds nothing yet."""
    passing: Callable[[DBAPIError], bool]
    """Whether a fault lies with the database's state of the moment, and not with what was asked of it."""
