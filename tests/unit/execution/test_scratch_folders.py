from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from omnireel.execution.scratch import MAX_ENTRIES, Parts, create, sweep

OWNER = """
import os, sys
from pathlib import Path
from omnireel.execution.scratch import create
scratch = create(Path(sys.argv[1]))
(scratch.parts.work / "half.mp4").write_bytes(b"half")
print(scratch.folder, flush=True)
sys.stdin.read()
"""


def owned_by_another(root: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process that holds a scratch folder until it dies."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    return owner, Path(owner.stdout.readline().strip())


def end(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.communicate()


def test_a_folder_has_its_parts_and_goes_when_removed(tmp_path: Path) -> None:
    scratch = create(tmp_path / "scratch")
    assert [path.is_dir() for path in (scratch.parts.inputs, scratch.parts.work, scratch.parts.home)] == [
        True
    ] * 3
    scratch.remove()
    scratch.remove()
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == []


def test_a_living_owners_folder_is_left_alone(tmp_path: Path) -> None:
    mine = create(tmp_path)
    owner, theirs = owned_by_another(tmp_path)
    assert sweep(tmp_path) == 0
    assert mine.folder.is_dir()
    assert theirs.is_dir()
    end(owner)
    mine.remove()


def test_a_killed_owners_folder_is_swept(tmp_path: Path) -> None:
    mine = create(tmp_path)
    owner, theirs = owned_by_another(tmp_path)
    end(owner)
    assert sweep(tmp_path) == 1
    assert not theirs.exists()
    assert mine.folder.is_dir()
    mine.remove()
    assert sweep(tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_folder_without_a_lock_and_a_lock_without_a_folder_are_swept(tmp_path: Path) -> None:
    (tmp_path / "attempt-half").mkdir()
    (tmp_path / "attempt-gone.lock").touch()
    assert sweep(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == []


def test_other_peoples_files_are_not_swept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "important").mkdir()
    assert sweep(tmp_path) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "important"}


def test_sweeping_what_is_not_there_is_fine(tmp_path: Path) -> None:
    assert sweep(tmp_path / "nothing") == 0


SWEEPER = """
import sys
from pathlib import Path
from omnireel.execution.scratch import sweep
root = Path(sys.argv[1])
print("go", flush=True)
while not (root / "stop").exists():
    sweep(root)
"""


def test_sweeps_and_new_folders_at_once_do_not_meet(tmp_path: Path) -> None:
    sweeper = subprocess.Popen(
        [sys.executable, "-c", SWEEPER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert sweeper.stdout is not None
    sweeper.stdout.readline()
    for _ in range(300):
        scratch = create(tmp_path)
        assert scratch.parts.work.is_dir()
        scratch.remove()
    (tmp_path / "stop").touch()
    sweeper.communicate(timeout=30)


def test_a_frozen_owner_keeps_nobody_waiting(tmp_path: Path) -> None:
    owner, theirs = owned_by_another(tmp_path)
    owner.send_signal(signal.SIGSTOP)

    mine = create(tmp_path)

    assert sweep(tmp_path) == 0
    assert theirs.is_dir()
    mine.remove()
    end(owner)


def test_folders_made_while_others_sweep_are_left_alone(tmp_path: Path) -> None:
    stop = threading.Event()

    def sweep_all_the_time() -> None:
        while not stop.is_set():
            sweep(tmp_path)

    sweeper = threading.Thread(target=sweep_all_the_time)
    sweeper.start()
    try:
        made = [create(tmp_path) for _ in range(200)]
        assert all(scratch.parts.home.is_dir() for scratch in made)
    finally:
        stop.set()
        sweeper.join()
    for scratch in made:
        scratch.remove()
    assert list(tmp_path.iterdir()) == []


GIB = 1024**3
LONGEST_ROOT = os.pathconf("/", "PC_PATH_MAX") - 1 - len("/attempt-0123456789abcdef.lock")


def test_a_big_file_is_found_among_ten_thousand_small_ones(tmp_path: Path) -> None:
    for number in range(MAX_ENTRIES):
        (tmp_path / str(number)).touch()
    (tmp_path / "folder").mkdir()
    with (tmp_path / "folder" / "big").open("wb") as file:
        file.truncate(9 * GIB)
    assert Parts(tmp_path).overfull(8 * GIB)


def test_files_are_measured(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(bytes(10_000))
    assert not Parts(tmp_path).overfull(14_096)
    assert Parts(tmp_path).overfull(14_095)


def test_folders_count_as_files_do(tmp_path: Path) -> None:
    for number in range(MAX_ENTRIES + 1):
        (tmp_path / str(number)).mkdir()
    assert Parts(tmp_path).overfull(8 * GIB)
    (tmp_path / "0").rmdir()
    assert not Parts(tmp_path).overfull(8 * GIB)


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "everything").symlink_to("/")
    assert not Parts(tmp_path).overfull(GIB)


def test_what_lies_too_deep_to_be_seen_counts_as_too_much(tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        for _ in range(30):
            Path("x" * 200).mkdir()
            os.chdir("x" * 200)
    finally:
        os.chdir(before)
    assert Parts(tmp_path).overfull(8 * GIB)


def test_a_folder_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    """The longest root in which the lock and the folder still have a path, and the parts have none."""
    root = tmp_path
    while len(str(root)) < LONGEST_ROOT:
        root /= "x" * max(1, min(200, LONGEST_ROOT - len(str(root)) - 1))
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(OSError, match="too long"):
            create(root)
    assert list(root.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before
