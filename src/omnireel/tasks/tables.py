"""The tables, as the code of this version sees them. `migrations` brings a database to this shape.

Times are unix seconds on the database's clock. Money is USD with four decimals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

REVISION: Final = "0002_control"
"""The migration that makes these tables."""

_DECIMALS: Final = Decimal("0.0001")


class Money(TypeDecorator[Decimal]):
    """Exact USD, kept as whole ten-thousandths because SQLite has no decimal type."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.quantize(_DECIMALS).scaleb(4))

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-4)


class Words(TypeDecorator[str]):
    """Text from outside. What not every database can hold becomes a sign that something stood there."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.encode(errors="replace").decode().replace("\0", "\ufffd")


class Prose(Words):
    """Words of any number."""

    impl = Text
    cache_ok = True


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

team = Table(
    "team",
    metadata,
    Column("team", String(64), primary_key=True),
    Column("balance", Money, nullable=False, server_default="0"),
    Column("created_at", Float(53), nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("key_id", Words(32), primary_key=True),
    Column("team", ForeignKey("team.team"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("last4", String(4), nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("revoked_at", Float(53)),
)

# Submit order. SQLite numbers rows by itself only when the key is exactly INTEGER.
_sequence = BigInteger().with_variant(Integer, "sqlite")

task = Table(
    "task",
    metadata,
    Column("seq", _sequence, primary_key=True),
    Column("task_id", Words(128), nullable=False, unique=True),
    Column("team", String(64), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("request", JSON, nullable=False),
    Column("engine", String(64), nullable=False),
    Column("workload", String(128), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("not_before", Float(53), nullable=False),
    Column("worker", String(128)),
    Column("token", Words(32)),
    Column("lease_until", Float(53)),
    Column("progress", Float(53), nullable=False),
    Column("progress_note", Prose, nullable=False),
    Column("note", Prose, nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("started_at", Float(53)),
    Column("completed_at", Float(53)),
    Column("expires_at", Float(53)),
    Column("outcome", JSON(none_as_null=True)),
    Column("charged", Money, nullable=False),
    Column("model", String(128), nullable=False, server_default=""),
    Column("deadline", Float(53)),
    sqlite_autoincrement=True,
)

LIVE = task.c.completed_at.is_(None)
"""Tasks that have not ended: all that the queue and its indexes are about."""

Index(
    "ix_task_queue",
    task.c.priority.desc(),
    task.c.seq,
    # So that places in the queue are counted from the index alone.
    task.c.status,
    task.c.completed_at,
    sqlite_where=LIVE,
    postgresql_where=LIVE,
)
Index("ix_task_token", task.c.token)
Index("ix_task_deadline", task.c.deadline, sqlite_where=LIVE, postgresql_where=LIVE)
# Lists, newest first: all, by status, by model; the last two columns are the place where a page begins.
Index("ix_task_team_created_at", task.c.team, task.c.created_at, task.c.seq)
Index("ix_task_team_status", task.c.team, task.c.status, task.c.created_at, task.c.seq)
Index("ix_task_team_model", task.c.team, task.c.model, task.c.created_at, task.c.seq)
Index("ix_task_expires_at", task.c.expires_at)
Index("ix_task_workload_completed_at", task.c.workload, task.c.completed_at)

task_input = Table(
    "task_input",
    metadata,
    Column("task_id", ForeignKey("task.task_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Words(512), primary_key=True, index=True),
)
"""The blobs that a task reads."""

media_file = Table(
    "media_file",
    metadata,
    Column("file_id", Words(64), primary_key=True),
    Column("team", String(64), nullable=False),
    Column("type", String(16), nullable=False),
    Column("filename", Words(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("key", Words(512), nullable=False, unique=True),
    Column("created_at", Float(53), nullable=False, index=True),
)
"""Files uploaded once, to be referred to by many tasks."""

idempotency = Table(
    "idempotency",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("task_id", Words(128), nullable=False),
    Column("model_id", String(128), nullable=False),
    Column("expires_at", Float(53), nullable=False, index=True),
)
"""What a submit with an Idempotency-Key was answered; it may outlive its task."""
