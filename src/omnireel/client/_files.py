"""Uploaded files."""

from __future__ import annotations

from omnireel.client import _wire
from omnireel.client._connection import Connection
from omnireel.client._media import Media, to_store
from omnireel.client.errors import NotFoundError
from omnireel.client.types import File

LONGEST_PAGE = 100
_NO_SUCH_CALL = frozenset({404, 405})


async def upload(connection: Connection, media: Media, filename: str | None) -> File:
    found = await connection.waiting.work(lambda: to_store(media, filename))
    return await connection.read(_wire.upload(found.filename, found.source), _wire.read_file)


async def get(connection: Connection, file_id: str) -> File:
    """The file; looked up in the list where a server has no call for one file. Raises NotFoundError."""
    reply = await connection.ask(_wire.file(file_id))
    if reply.status not in _NO_SUCH_CALL:
        return _wire.read_file(reply)
    listed = await connection.read(_wire.files(None, limit=LONGEST_PAGE), _wire.read_files)
    for file in listed.items:
        if file.file_id == file_id:
            return file
    words = f"Resource not found: there is no file {file_id[:200]!r}"
    raise NotFoundError(words, status=404, request_id=reply.request_id)
