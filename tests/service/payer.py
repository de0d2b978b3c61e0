"""Attempts that order from an upstream, each in a process that can be killed; started in milliseconds.

Reads a JSON line for each attempt from standard input, forks, and writes the child's number and then its wait
status. What an attempt remembers is in the file `note`, written as a database would: whole, or not at all.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp

from omnireel.client._blocking import open_http
from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.errors import OutcomeUnknown
from omnireel.models import Job, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

UNKNOWN = 7
"""The status of an attempt that cannot know whether it has paid."""


class KeptRun(RecordingRun):
    """Its note is in a file beside its own folder, which no other attempt has."""

    def remember(self, note: str) -> None:
        super().remember(note)
        kept = self.scratch.parent / "note"
        (self.scratch / "note.part").write_text(note)
        (self.scratch / "note.part").replace(kept)


def attempt(folder: Path, kind: str, options: dict[str, object]) -> int:
    """The exit status of an attempt at the task whose note is in the folder."""
    note = folder / "note"
    request = VideoRequest("kling/kling-video-o1", f"a cat in {folder.name} fake:frames=120", mode=Mode.STD)
    run = KeptRun(Path(mkdtemp(dir=folder)), note=note.read_text() if note.exists() else "")
    try:
        engine = make_engine("hosted", EngineSpec(kind, options), threads=1)
        engine.generate(Job(request, direct(request)), run)
    except OutcomeUnknown:
        return UNKNOWN
    return 0


def main() -> None:
    os.environ["HOME"] = mkdtemp()
    # Everything an attempt loads and does first: a fork must be at its order within milliseconds.
    open_http().close()
    direct(VideoRequest("kling/kling-video-o1", "a cat"))
    for kind in sys.argv[1:]:
        import_module(kind.partition(":")[0])
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(attempt(Path(order["folder"]), order["kind"], order["options"]))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
