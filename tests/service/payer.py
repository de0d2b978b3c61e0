"""Attempts that order from an upstream, each in a process that can be killed; started in milliseconds.

Reads a JSON line for each attempt from standard input, forks, and writes the child's number and then its wait
status. What an attempt remembers is in the file `note`, written as a database would: whole, or not at all.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from tempfile import mkdtemp

from omnireel.client._blocking import open_http
from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.engines.upstream import modellix
from omnireel.errors import OutcomeUnknown
from omnireel.models import Job, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

KIND = f"{modellix.__name__}:{modellix.ModellixEngine.__name__}"
UNKNOWN = 7
"""The status of an attempt that cannot know whether it has paid."""


class KeptRun(RecordingRun):
    """Its note is in a file."""

    def remember(self, note: str) -> None:
        super().remember(note)
        path = self.scratch / "note"
        (self.scratch / "note.part").write_text(note)
        (self.scratch / "note.part").replace(path)


def attempt(folder: Path, options: dict[str, object]) -> int:
    """The exit status of an attempt at the task whose note is in the folder."""
    note = folder / "note"
    request = VideoRequest("kling/kling-video-o1", f"a cat in {folder.name}", mode=Mode.STD)
    run = KeptRun(folder, note=note.read_text() if note.exists() else "")
    try:
        make_engine("hosted", EngineSpec(KIND, options), threads=1).generate(
            Job(request, direct(request)), run
        )
    except OutcomeUnknown:
        return UNKNOWN
    return 0


def main() -> None:
    os.environ["HOME"] = mkdtemp()
    # Everything an attempt loads and does first: a fork must be at its order within milliseconds.
    open_http().close()
    direct(VideoRequest("kling/kling-video-o1", "a cat"))
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(attempt(Path(order["folder"]), order["options"]))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
