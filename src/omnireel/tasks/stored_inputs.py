"""The records of what callers sent: equal bytes are stored once for a team, and kept while needed.

    keep ──▶ put, unless it is there ──▶ hold ──▶ hold, in the transaction of the task or the file
    drop ──▶ delete the blob

Whoever is going to need a blob moves its record's time, and whoever would delete it deletes the record first.
Both change the same row, so one of them comes first: either the record is young again and stays, or it is
gone, its bytes get a new key and are stored anew. A key is never used twice, so it does not matter how late a
blob is deleted or stored whose record is gone.
"""

from __future__ import annotations

from collections.abc import Collection
from secrets import token_hex
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, not_, select, update

from omnireel.errors import Unavailable
from omnireel.tasks.dialect import insert_once
from omnireel.tasks.places import INPUTS
from omnireel.tasks.tables import LIVE, media_file, stored_input, task, task_input

Time = float | ColumnElement[float]

_TRIES: Final = 3


def keep(connection: Connection, team: str, sha256: str, format: str, now: Time) -> str:  # noqa: A002
    """The key under which a team's bytes are, or are to be put; it stays for the janitor's grace."""
    fresh = f"{INPUTS}{team}/{sha256}-{token_hex(4)}.{format}"
    these = (stored_input.c.team == team, stored_input.c.sha256 == sha256)
    for _ in range(_TRIES):
        record = insert_once(connection, stored_input)
        connection.execute(record.values(key=fresh, team=team, sha256=sha256, used_at=now))
        used = update(stored_input).where(*these).values(used_at=now).returning(stored_input.c.key)
        if (key := connection.execute(used).scalar_one_or_none()) is not None:
            return str(key)
        # It was there, and dropped in between.
    raise _taken_away()


def hold(connection: Connection, key: str, now: Time) -> bool:
    """Keep the blob for another grace. False when its record is gone, and the blob with it or soon."""
    if not is_recorded(key):
        return True
    used = update(stored_input).where(stored_input.c.key == key).values(used_at=now)
    return bool(connection.execute(used).rowcount)


def hold_all(connection: Connection, keys: Collection[str], now: Time) -> None:
    """Hold what a task or a file that is just written will need. Raises Unavailable when one is gone.

    Which can only be when the submit took longer than the janitor's grace.
    """
    # In one order, so that two submits do not wait for each other.
    for key in sorted(keys):
        if not hold(connection, key, now):
            raise _taken_away()


def drop(connection: Connection, before: Time, limit: int) -> tuple[str, ...]:
    """Forget some of the blobs that nobody needs and nobody used since; their keys."""
    # What somebody just uses is passed over, not waited for.
    idle = _idle(before).order_by(stored_input.c.key).limit(limit)
    keys = connection.execute(idle.with_for_update(skip_locked=True, of=stored_input)).scalars().all()
    connection.execute(delete(stored_input).where(stored_input.c.key.in_(keys)))
    return tuple(keys)


def recorded(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Those of these keys that are recorded."""
    found = connection.execute(select(stored_input.c.key).where(stored_input.c.key.in_(keys)))
    return frozenset(found.scalars())


def is_recorded(key: str) -> bool:
    """Whether this is a key that `keep` gives. Others, from before there were records, have none."""
    return key.startswith(INPUTS) and key.count("/") == 2


def _idle(before: Time) -> Select[str]:
    key = stored_input.c.key
    read = exists().where(task_input.c.key == key, task_input.c.task_id == task.c.task_id, LIVE)
    uploaded = exists().where(media_file.c.blob == key)
    return select(key).where(stored_input.c.used_at <= before, not_(read), not_(uploaded))


def _taken_away() -> Unavailable:
    return Unavailable("an input was taken away while the request was on its way; send it again")
