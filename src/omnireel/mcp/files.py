"""What the SDK does not offer as a method: uploaded files, and a model's schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from omnireel.client._sync import Client
from omnireel.client._wire import Call, Reply, Upload, error_in
from omnireel.client.errors import ServerError


def answer(client: Client, call: Call) -> Mapping[str, Any]:
    """The `data` of an answer, or the whole of a document that has no envelope."""
    return _document(client._connection.ask(call))


def list_files(limit: int) -> Call:
    return Call("GET", "/api/v1/media/files", {"limit": str(limit)})


def delete_file(file_id: str) -> Call:
    return Call("DELETE", f"/api/v1/media/files/{quote(file_id, safe='')}")


def upload(filename: str, source: Any) -> Call:
    return Call("POST", "/api/v1/media/files", body=Upload(filename, source))


def schema(model: str) -> Call:
    return Call("GET", f"/models/{'/'.join(quote(part, safe='') for part in model.split('/'))}/api_schema")


def _document(reply: Reply) -> Mapping[str, Any]:
    if reply.status != 200:
        raise error_in(reply)
    try:
        document = json.loads(reply.content)
    except (ValueError, RecursionError):
        raise ServerError("the server's answer is not understood: it is not JSON") from None
    found: Mapping[str, Any] = document.get("data", document)
    return found
