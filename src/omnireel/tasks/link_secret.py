"""What links to files are signed with, where several machines must know each other's links."""

from __future__ import annotations

from secrets import token_hex
from typing import Final

from sqlalchemy import Engine, select

from omnireel.tasks.away import repeatable
from omnireel.tasks.database import writing
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.tables import link_secret

_ONLY: Final = 1


@repeatable
def shared_link_secret(engine: Engine) -> bytes:
    """The secret of all who share this database, made on first use."""
    with writing(engine) as connection:
        connection.execute(insert_once(connection, link_secret).values(number=_ONLY, secret=token_hex(32)))
        return bytes.fromhex(connection.execute(select(link_secret.c.secret)).scalar_one())
