"""The ledger, what a task may cost, and keys with scopes, an end and a successor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.Float(53)
_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_LEDGER = ("ledger_transaction", "ledger_entry")
_REFUSAL = "the ledger is never changed; write another transaction"


def upgrade() -> None:
    _keys()
    op.add_column("task", sa.Column("reserved", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("task", sa.Column("rate", sa.BigInteger))
    _ledger()
    _opening_balances()
    if op.get_bind().dialect.name == "sqlite":
        _protect_on_sqlite()
    else:
        _protect_on_postgresql()


def _keys() -> None:
    op.add_column("api_key", sa.Column("scopes", sa.String(64), nullable=False, server_default="admin"))
    op.add_column("api_key", sa.Column("expires_at", _TIME))
    op.add_column("api_key", sa.Column("previous_digest", sa.String(64)))
    op.add_column("api_key", sa.Column("previous_until", _TIME))
    op.create_index("ix_api_key_previous_digest", "api_key", ["previous_digest"], unique=True)


def _ledger() -> None:
    op.create_table(
        "ledger_transaction",
        sa.Column("seq", _SEQUENCE, nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("task_id", sa.String(128)),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_transaction"),
        sa.UniqueConstraint("name", name="uq_ledger_transaction_name"),
        sa.ForeignKeyConstraint(["team"], ["team.team"], name="fk_ledger_transaction_team"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_transaction_team_seq", "ledger_transaction", ["team", "seq"])
    op.create_index("ix_ledger_transaction_task_id", "ledger_transaction", ["task_id"])
    op.create_table(
        "ledger_entry",
        sa.Column("seq", _SEQUENCE, nullable=False, autoincrement=False),
        sa.Column("account", sa.String(16), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("seq", "account", name="pk_ledger_entry"),
        sa.ForeignKeyConstraint(["seq"], ["ledger_transaction.seq"], name="fk_ledger_entry_seq"),
    )


def _opening_balances() -> None:
    """What teams had before there was a ledger came from somewhere."""
    op.execute(
        "INSERT INTO ledger_transaction (name, kind, team, note, created_at) "
        "SELECT 'credit/' || team || '/opening', 'credit', team, 'balance before the ledger', created_at "
        "FROM team WHERE balance <> 0"
    )
    for account, sign in (("available", "+"), ("funding", "-")):
        op.execute(
            "INSERT INTO ledger_entry (seq, account, amount) "  # noqa: S608 - words of ours
            f"SELECT seq, '{account}', {sign}balance FROM ledger_transaction JOIN team USING (team)"
        )


def _protect_on_sqlite() -> None:
    for table in _LEDGER:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )


def _protect_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    for table in _LEDGER:
        op.execute(
            f"CREATE TRIGGER {table}_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final()"
        )
