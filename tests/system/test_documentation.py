"""Every command and snippet of the README and the documentation, in order, against a real server.

A page is one shell session in the server's folder. Names in capitals stand for what a reader has at that
point: TASK_ID for the newest task, KEY_ID for a key made for the page. The server is quick and listens on
another port.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.documents import ROOT, Fence, fences, pages
from tests.media_files import make_image, make_video
from tests.real_server import RealServer, clean_environment, real_server

pytestmark = pytest.mark.system

README_NOT_RUN = {"make demo": "installs, and starts a server of its own; tests/system/test_demo.py runs it"}
"""By first word, blocks of the README that cannot be run here."""

PRELUDE = r"""
set -euo pipefail
curl() { command curl --fail-with-body --show-error --max-time 60 "$@"; }
python() { "$PYTHON" "$@"; }
newest_task() {
    local key; key=$(cat omnireel-data/first-key)
    command curl -s "$OMNIREEL_BASE_URL/api/v1/tasks?limit=1" -H "Authorization: Bearer $key" |
        sed -E 's/.*"task_id": ?"([^"]+)".*/\1/'
}
"""
A_KEY = """KEY_ID=$(omnireel keys create --json 2>/dev/null | sed -nE 's/.*"key_id": "([^"]+)".*/\\1/p')"""


@pytest.fixture(scope="module")
def omnireel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    folder = tmp_path_factory.mktemp("reader")
    make_video(folder / "clip.mp4")
    make_image(folder / "harbour.jpg")
    # A reader works in a clone.
    (folder / "src").symlink_to(ROOT / "src")
    program = folder / ".venv" / "bin" / "omnireel"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}/src" exec "{sys.executable}" -m omnireel "$@"\n')
    program.chmod(0o755)
    with real_server(folder, "--workers", "2") as running:
        yield running


@pytest.mark.parametrize("page", pages())
def test_what_a_page_says_works_when_it_is_typed(page: str, omnireel: RealServer, tmp_path: Path) -> None:
    blocks = [block for block in fences(page) if _why_not(block) is None]
    script = tmp_path / "page.sh"
    script.write_text("\n".join([PRELUDE, *_session(blocks, omnireel)]))

    done = subprocess.run(
        ["bash", str(script)],
        cwd=omnireel.folder, env=_environment(omnireel), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=170,
    )  # fmt: skip

    assert done.returncode == 0, f"{page} stopped after\n{done.stderr[-3000:]}\n{done.stdout[-2000:]}"


def test_what_is_not_run_says_why() -> None:
    skipped = [(block, reason) for page in pages() for block in fences(page) if (reason := _why_not(block))]

    assert all(len(reason.split()) >= 3 for _, reason in skipped)
    assert len(skipped) < sum(len(list(fences(page))) for page in pages()) / 2


def _why_not(block: Fence) -> str | None:
    if block.page == "README.md":
        return next((why for words, why in README_NOT_RUN.items() if block.code.startswith(words)), None)
    return block.reason


def _session(blocks: list[Fence], omnireel: RealServer) -> Iterator[str]:
    if any("KEY_ID" in block.code for block in blocks):
        yield A_KEY
    for block in blocks:
        yield f"echo '@@ {block.page}:{block.line}' >&2"
        code = block.code.replace("http://127.0.0.1:8000", omnireel.origin)
        if block.language == "python":
            yield f"python - <<'END_OF_BLOCK'\n{code}\nEND_OF_BLOCK"
        else:
            yield code.replace("TASK_ID", "$(newest_task)").replace("KEY_ID", "$KEY_ID")


def _environment(omnireel: RealServer) -> dict[str, str]:
    programs = f"{omnireel.folder / '.venv' / 'bin'}:{os.environ['PATH']}"
    paths = f"{ROOT / 'src'}:{os.environ.get('PYTHONPATH', '')}"
    return clean_environment(
        OMNIREEL_BASE_URL=omnireel.origin, PYTHON=sys.executable, PATH=programs, PYTHONPATH=paths
    )
