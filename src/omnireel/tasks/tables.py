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
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
)

REVISION: Final = "0009"
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
    # How many of its tasks may run at once; NULL for what the workers' settings say.
    Column("running_limit", Integer),
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
    Column("scopes", String(64), nullable=False, server_default="admin"),
    Column("expires_at", Float(53)),
    Column("previous_digest", String(64)),
    Column("previous_until", Float(53)),
    # The public half of the key's pair, where it has one; see `key_pairs`.
    Column("access_key", Words(64)),
)

Index("ix_api_key_previous_digest", api_key.c.previous_digest, unique=True)
Index("ix_api_key_access_key", api_key.c.access_key, unique=True)

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
    # What the task may cost at most, and its price per second where that depends on the finished clip.
    Column("reserved", Money, nullable=False, server_default="0"),
    Column("rate", Money),
    Column("model", String(128), nullable=False, server_default=""),
    Column("deadline", Float(53)),
    # W3C `traceparent` of the submit.
    Column("trace", String(64)),
    # Whose words the submit was in, NULL for our own, and what its caller calls the task.
    Column("dialect", String(16)),
    Column("external_id", Words(255)),
    sqlite_autoincrement=True,
)

LIVE = task.c.completed_at.is_(None)
"""Tasks that have not ended."""

# In words, not as parameters, so that they are seen to be what an index is about.
PENDING = task.c.status == literal_column("'pending'")
PROCESSING = task.c.status == literal_column("'processing'")
SUCCEEDED = task.c.status == literal_column("'success'")

# The queue: each team's in its own order. The rest is in it so that numbers are counted from the index alone.
Index(
    "ix_task_pending",
    task.c.team,
    task.c.priority.desc(),
    task.c.seq,
    task.c.status,
    task.c.model,
    task.c.created_at,
    sqlite_where=PENDING,
    postgresql_where=PENDING,
)
Index("ix_task_processing", task.c.team, task.c.status, sqlite_where=PROCESSING, postgresql_where=PROCESSING)
Index("ix_task_token", task.c.token)
Index("ix_task_deadline", task.c.deadline, sqlite_where=LIVE, postgresql_where=LIVE)
# Lists, newest first: all, by status, by model; the last two columns are the place where a page begins.
Index("ix_task_team_created_at", task.c.team, task.c.created_at, task.c.seq)
Index("ix_task_team_status", task.c.team, task.c.status, task.c.created_at, task.c.seq)
Index("ix_task_team_model", task.c.team, task.c.model, task.c.created_at, task.c.seq)
Index("ix_task_expires_at", task.c.expires_at)
NAMED = task.c.external_id.is_not(None)
Index(
    "ix_task_team_external_id",
    task.c.team,
    task.c.external_id,
    unique=True,
    sqlite_where=NAMED,
    postgresql_where=NAMED,
)
# Numbers for operators. Not by status first: SQLite would take it for the queue's.
ENDED = task.c.completed_at.is_not(None)
Index(
    "ix_task_ended",
    task.c.completed_at,
    task.c.status,
    task.c.model,
    sqlite_where=ENDED,
    postgresql_where=ENDED,
)
BEGUN = task.c.started_at.is_not(None)
Index("ix_task_begun", task.c.team, task.c.started_at, sqlite_where=BEGUN, postgresql_where=BEGUN)
Index(
    "ix_task_measured",
    task.c.workload,
    task.c.completed_at,
    sqlite_where=SUCCEEDED,
    postgresql_where=SUCCEEDED,
)

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
    Column("blob", Words(512), index=True),
)
"""Files uploaded once, to be referred to by many tasks. Links name `key`; without a `blob` that is it."""

# Lists, and what a team's files take together, from the index alone.
Index("ix_media_file_team_created_at", media_file.c.team, media_file.c.created_at, media_file.c.size)

ledger_transaction = Table(
    "ledger_transaction",
    metadata,
    Column("seq", _sequence, primary_key=True),
    # Says what happened to what: the same thing cannot happen twice.
    Column("name", Words(160), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("team", ForeignKey("team.team"), nullable=False),
    # No foreign key: tasks are forgotten, the ledger is not.
    Column("task_id", Words(128)),
    Column("note", Words(200), nullable=False),
    Column("created_at", Float(53), nullable=False),
    sqlite_autoincrement=True,
)
"""Movements of money. Rows of this table and the next are never changed or deleted; triggers see to it."""

Index("ix_ledger_transaction_team_seq", ledger_transaction.c.team, ledger_transaction.c.seq)
Index("ix_ledger_transaction_task_id", ledger_transaction.c.task_id)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("seq", ForeignKey("ledger_transaction.seq"), primary_key=True, autoincrement=False),
    Column("account", String(16), primary_key=True),
    Column("amount", Money, nullable=False),
)
"""What each account of a transaction's team gains by it; a transaction's entries sum to zero."""

task_webhook = Table(
    "task_webhook",
    metadata,
    Column("task_id", ForeignKey("task.task_id", ondelete="CASCADE"), primary_key=True),
    Column("delivery_id", String(64), nullable=False),
    Column("url", Prose, nullable=False),
    Column("url_digest", String(64), nullable=False),
    Column("target", Words(300), nullable=False),
)
"""Who is to be told when a task ends. `target` is the receiver's host and port."""

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("seq", _sequence, primary_key=True),
    Column("delivery_id", String(64), nullable=False, unique=True),
    Column("team", String(64), nullable=False),
    Column("task_id", Words(128), nullable=False, index=True),
    Column("event", String(64), nullable=False),
    Column("url", Prose, nullable=False),
    Column("url_digest", String(64), nullable=False),
    Column("target", Words(300), nullable=False),
    Column("status", String(16), nullable=False),
    Column("body", LargeBinary),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Float(53), nullable=False),
    Column("token", String(32)),
    Column("created_at", Float(53), nullable=False, index=True),
    Column("ended_at", Float(53)),
    sqlite_autoincrement=True,
)
"""What was or is to be told; written with the outcome. `body` is frozen by the first attempt.

While an attempt runs, `token` names it and `due_at` is when it counts as lost. `tries` are those of the
present round: a resend begins a new one.
"""

UNDELIVERED = webhook_delivery.c.status == literal_column("'pending'")
"""Deliveries that are still to be tried: all that the courier's index is about."""

Index(
    "ix_webhook_delivery_due_at",
    webhook_delivery.c.due_at,
    webhook_delivery.c.target,
    sqlite_where=UNDELIVERED,
    postgresql_where=UNDELIVERED,
)
Index("ix_webhook_delivery_team_seq", webhook_delivery.c.team, webhook_delivery.c.seq)
Index("ix_webhook_delivery_url_digest", webhook_delivery.c.url_digest)

webhook_attempt = Table(
    "webhook_attempt",
    metadata,
    Column("delivery_id", ForeignKey("webhook_delivery.delivery_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Float(53), nullable=False),
    Column("status_code", Integer),
    Column("latency_ms", Integer),
    Column("error", String(32)),
)
"""The log of the deliveries, counted from 1 for each."""

webhook_off = Table(
    "webhook_off",
    metadata,
    Column("team", String(64), primary_key=True),
    Column("url_digest", String(64), primary_key=True),
    Column("since", Float(53), nullable=False, index=True),
)
"""Addresses that answered 410: nothing more is sent there."""

webhook_secret = Table(
    "webhook_secret",
    metadata,
    Column("team", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("secret", String(80), nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("retired_at", Float(53)),
)
"""What a team's webhooks are signed with: the newest, and older ones until they retire."""

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

worker = Table(
    "worker",
    metadata,
    Column("worker", String(128), primary_key=True),
    Column("slots", Integer, nullable=False),
    Column("started_at", Float(53), nullable=False),
    Column("seen_at", Float(53), nullable=False, index=True),
)
"""Processes that work on tasks, and when each was last heard of. Leases do not depend on it."""

request_count = Table(
    "request_count",
    metadata,
    Column("team", Words(64), primary_key=True),
    Column("minute", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
)
"""Requests of each team in the minute it was last seen in, counted since 1970. A power cut may take these.

On SQLite the rows lie in a file beside the database, and this table stays empty.
"""

upload_quota = Table(
    "upload_quota",
    metadata,
    Column("team", ForeignKey("team.team"), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)
"""Teams whose uploaded files may take more, or less, together than the server's setting says."""

stored_input = Table(
    "stored_input",
    metadata,
    Column("key", Words(512), primary_key=True),
    Column("team", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("used_at", Float(53), nullable=False, index=True),
    UniqueConstraint("team", "sha256", name="uq_stored_input_team"),
)
"""Blobs of input; see `stored_inputs`."""

link_secret = Table(
    "link_secret",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("secret", String(64), nullable=False),
)
"""What all who share this database sign their links to files with: one row."""
