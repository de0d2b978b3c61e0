"""Taking away an expired task: its files, then its row."""

from __future__ import annotations

from omnireel.crashpoints import crash_point
from omnireel.storage.base import BlobStore
from omnireel.tasks.store import Expired, TaskStore


def erase(store: TaskStore, blobs: BlobStore, old: Expired) -> None:
    """Files first: a kill in between leaves a row that says what is still to be deleted."""
    for key in old.keys:
        delete_unneeded(store, blobs, key)
    crash_point("mid_janitor")
    store.delete(old.task_id)


def delete_unneeded(store: TaskStore, blobs: BlobStore, key: str) -> bool:
    """Delete a blob, but not one that an unfinished task reads: a result may be another task's input.

    Asked about just before it goes: a submit may have stored the same bytes anew meanwhile.
    """
    if store.needed_inputs([key]):
        return False
    blobs.delete(key)
    return True
