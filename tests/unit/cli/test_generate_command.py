from __future__ import annotations

import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.cli.commands import Commands
from tests.unit.client.loopback import Answer, Loopback, Script, enveloped, receipt, refused

DATA = b"\0\0\0\x18ftypmp42" * 1000
RUNNING = receipt() | {"status": "processing", "progress": 0.4, "eta_seconds": 12, "note": "moulding"}


def finished(server: Loopback) -> Answer:
    resource = {
        "url": server.base_url + "/files/task-t2v-abc.mp4?signature=1",
        "type": "video",
        "role": "primary",
        "format": "mp4",
        "size": len(DATA),
        "sha256": hashlib.sha256(DATA).hexdigest(),
    }
    metadata = {"engine": "studio", "warnings": ["cannot remove the dog"]}
    return enveloped(
        receipt() | {"status": "success", "result": {"resources": [resource], "metadata": metadata}}
    )


def happy(server: Loopback) -> list[Script]:
    return [enveloped(receipt()), enveloped(RUNNING), finished(server), Answer(200, DATA)]


def test_a_video_is_asked_for_watched_and_saved(server: Loopback, omnireel: Commands) -> None:
    server.script = happy(server)

    ended = omnireel("generate", "a fox", "--mode", "std", "--sound", "on", "-o", "out.mp4")

    assert (ended.code, ended.out) == (0, "out.mp4\n")
    assert (omnireel.folder / "out.mp4").read_bytes() == DATA
    assert server.seen[0].json == {"prompt": "a fox", "mode": "std", "sound": "on"}
    for words in ("task task-t2v-abc", "moulding, 40 %, 12 s left", "cannot remove the dog"):
        assert words in ended.err
    assert "\x1b" not in ended.err + ended.out


def test_without_a_name_the_file_takes_the_tasks(server: Loopback, omnireel: Commands) -> None:
    server.script = happy(server)

    assert omnireel("generate", "a fox").out == "task-t2v-abc.mp4\n"
    assert (omnireel.folder / "task-t2v-abc.mp4").exists()


def test_quiet_prints_the_path_and_nothing_else(server: Loopback, omnireel: Commands) -> None:
    server.script = happy(server)

    ended = omnireel("generate", "a fox", "--quiet", "-o", "out.mp4")

    assert (ended.code, ended.out, ended.err) == (0, "out.mp4\n", "")


def test_json_prints_one_document(server: Loopback, omnireel: Commands) -> None:
    server.script = happy(server)

    document = json.loads(omnireel("generate", "a fox", "--json", "-o", "out.mp4").out)

    assert (document["status"], document["files"]) == ("success", ["out.mp4"])


def test_not_waiting_prints_the_task_and_leaves(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(receipt())]

    ended = omnireel("generate", "a fox", "--no-wait")

    assert (ended.code, ended.out) == (0, "task-t2v-abc\n")
    assert len(server.seen) == 1


def test_inputs_go_along(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(receipt())]
    (omnireel.folder / "clip.mp4").write_bytes(b"clip")

    omnireel("generate", "x", "--video", "clip.mp4", "--image", "https://h/a.png", "--image", "https://h/b.png",
             "--multi-shot", "--no-wait")  # fmt: skip

    assert server.seen[0].json == {
        "prompt": "x",
        "images": ["https://h/a.png", "https://h/b.png"],
        "videos": ["Y2xpcA=="],
        "multi_shot": True,
        "shot_type": "intelligence",
    }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--video", "missing.mp4"], "No such file"),
        (["-o", "missing/out.mp4"], "no folder"),
        (["--mode", "fast"], "fast"),
        (["--duration", "long"], "--duration"),
        (["--nonsense"], "nonsense"),
        (["--model", "nameless"], "provider/name"),
    ],
)
def test_bad_input_is_refused_with_2_before_anything_is_sent(
    server: Loopback, omnireel: Commands, words: list[str], complaint: str
) -> None:
    ended = omnireel("generate", "x", *words)

    assert (ended.code, ended.out) == (2, "")
    assert complaint in ended.err
    assert server.seen == []


def test_a_request_the_server_refuses_is_2_and_says_why(server: Loopback, omnireel: Commands) -> None:
    server.script = [refused(400, "Value out of range: parameter 'duration' must be 5 or 10, got 7")]

    ended = omnireel("generate", "x", "--duration", "7", "--json")

    assert ended.code == 2
    assert "must be 5 or 10, got 7" in ended.err
    assert json.loads(ended.out)["error"]["type"] == "invalid_request"


@pytest.mark.parametrize(
    ("status", "type_"),
    [(401, "authentication_failed"), (402, "insufficient_balance"), (429, "rate_limited")],
)
def test_other_refusals_are_1(server: Loopback, omnireel: Commands, status: int, type_: str) -> None:
    server.script = [refused(status, "Category: why")]

    ended = omnireel("generate", "x", "--json")

    assert (ended.code, json.loads(ended.out)["error"]["type"]) == (1, type_)


def test_a_failed_task_is_1_and_says_why(server: Loopback, omnireel: Commands) -> None:
    error = {"type": "invalid_media", "message": "the video is truncated", "retryable": False}
    server.script = [enveloped(receipt()), enveloped(receipt() | {"status": "failed", "error": error})]

    ended = omnireel("generate", "x")

    assert (ended.code, ended.out) == (1, "")
    assert "the video is truncated" in ended.err


def test_a_timeout_is_124_and_prints_the_command_that_resumes(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(receipt())]

    ended = omnireel("generate", "x", "--timeout", "1", "-o", "my out.mp4")

    assert ended.code == 124
    assert "omnireel task wait task-t2v-abc -o 'my out.mp4'" in ended.err


def test_ctrl_c_is_130_and_prints_the_command_that_resumes(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(receipt())]

    process = omnireel.start("generate", "x", "-o", "out.mp4")
    assert process.stderr is not None
    while "pending" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, out) == (130, "")
    assert "omnireel task wait task-t2v-abc -o out.mp4" in err


def test_a_server_cannot_write_to_the_terminal_through_its_words(
    server: Loopback, omnireel: Commands
) -> None:
    error = {"type": "engine_failed", "message": "evil \x1b]0;title\x07\x9b31m", "retryable": False}
    server.script = [enveloped(receipt()), enveloped(receipt() | {"status": "failed", "error": error})]

    ended = omnireel("generate", "x")

    assert "evil" in ended.err
    assert not {"\x1b", "\x07", "\x9b"} & set(ended.err)


@pytest.mark.parametrize("colour", [True, False])
def test_on_a_terminal_there_is_a_bar_that_respects_no_color(
    server: Loopback, omnireel: Commands, colour: bool
) -> None:
    slowly = replace(finished(server), slow=0.5)
    server.script = [enveloped(receipt()), enveloped(RUNNING), slowly, Answer(200, DATA)]
    environment = omnireel.environment() | {"TERM": "xterm-256color"} | ({} if colour else {"NO_COLOR": "1"})
    ours, theirs = pty.openpty()

    process = subprocess.Popen(
        [sys.executable, "-m", "omnireel", "generate", "fox", "-o", "out.mp4"],
        cwd=omnireel.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = _read_all(ours)
    assert process.stdout is not None
    out = process.stdout.read()
    process.stdout.close()

    assert (process.wait(30), out) == (0, b"out.mp4\n")
    assert "processing: moulding" in shown
    assert "━" in shown
    assert ("\x1b[3" in shown) is colour


def _read_all(terminal: int) -> str:
    blocks = []
    while True:
        try:
            block = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end has closed
            break
        if not block:
            break
        blocks.append(block)
    os.close(terminal)
    return b"".join(blocks).decode()


def test_the_first_key_of_a_local_server_is_used(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(receipt())]
    (omnireel.folder / "omnireel-data").mkdir()
    (omnireel.folder / "omnireel-data" / "first-key").write_text("omr_live_first\n")

    omnireel("generate", "x", "--no-wait", OMNIREEL_API_KEY="")

    assert server.seen[0].headers["authorization"] == "Bearer omr_live_first"


def test_a_file_that_is_there_is_kept_when_the_download_fails(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(receipt()), finished(server), Answer(200, DATA[::-1])]
    target = Path(omnireel.folder / "out.mp4")
    target.write_bytes(b"earlier")

    ended = omnireel("generate", "x", "-o", "out.mp4")

    assert (ended.code, target.read_bytes()) == (1, b"earlier")
    assert "sha256" in ended.err
