from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.media_files import make_video
from tests.unit.cli.commands import Commands
from tests.unit.cli.test_generate_command import DATA, RUNNING, finished
from tests.unit.client.loopback import Answer, Loopback, closed_port, enveloped, receipt, refused

import omnireel as package


def test_a_task_is_shown_with_what_is_known(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(RUNNING)]

    ended = omnireel("task", "get", "task-t2v-abc")

    assert ended.code == 0
    assert "processing: moulding" in ended.out
    assert "40%, 12 s left" in ended.out


def test_a_finished_tasks_files_are_shown(server: Loopback, omnireel: Commands) -> None:
    server.script = [finished(server)]

    ended = omnireel("task", "get", "task-t2v-abc")

    assert f"primary  {server.base_url}/files/task-t2v-abc.mp4" in ended.out
    assert "cannot remove the dog" in ended.out


def test_quiet_shows_the_status_alone(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(RUNNING)]

    assert omnireel("task", "get", "task-t2v-abc", "-q").out == "processing\n"


def test_an_unknown_task_is_1(server: Loopback, omnireel: Commands) -> None:
    server.script = [refused(404, "Resource not found: task 'nope'")]

    ended = omnireel("task", "get", "nope")

    assert (ended.code, ended.out) == (1, "")
    assert "task 'nope'" in ended.err
    assert "request id req-1" in ended.err


def test_waiting_prints_the_link(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(RUNNING), finished(server)]

    assert omnireel("task", "wait", "task-t2v-abc").out.startswith(f"{server.base_url}/files/")


def test_waiting_with_a_target_saves(server: Loopback, omnireel: Commands) -> None:
    server.script = [finished(server), finished(server), Answer(200, DATA)]

    assert omnireel("task", "wait", "task-t2v-abc", "-o", "out.mp4").out == "out.mp4\n"
    assert (omnireel.folder / "out.mp4").read_bytes() == DATA


def test_a_finished_task_is_saved(server: Loopback, omnireel: Commands) -> None:
    server.script = [finished(server), Answer(200, DATA)]

    assert omnireel("task", "download", "task-t2v-abc").out == "task-t2v-abc.mp4\n"


def test_an_unfinished_task_cannot_be_saved_yet(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(RUNNING)]

    ended = omnireel("task", "download", "task-t2v-abc")

    assert ended.code == 124
    assert "omnireel task wait task-t2v-abc" in ended.err


def test_a_task_is_canceled(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped(receipt() | {"status": "canceled"})]

    assert omnireel("task", "cancel", "task-t2v-abc").out == "canceled\n"
    assert server.seen[0].path == "/api/v1/tasks/task-t2v-abc/cancel"


def test_a_task_is_deleted(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped({"task_id": "task-t2v-abc", "deleted": True})]

    assert omnireel("task", "delete", "task-t2v-abc").out == "deleted\n"
    assert (server.seen[0].method, server.seen[0].path) == ("DELETE", "/api/v1/tasks/task-t2v-abc")


def test_the_models_are_listed(server: Loopback, omnireel: Commands) -> None:
    model = {"slug": "kling/kling-video-o1", "provider": "kling", "display_name": "Omni video"}
    server.script = [Answer(200, json.dumps({"code": 0, "models": [model]}).encode())]

    assert omnireel("models").out == "kling/kling-video-o1  Omni video\n"
    assert omnireel("models", "-q").out == "kling/kling-video-o1\n"
    assert json.loads(omnireel("models", "--json").out)[0]["display_name"] == "Omni video"


def test_doctor_is_content_here_and_says_what_it_looked_at(omnireel: Commands) -> None:
    ended = omnireel("doctor", "--json", "--base-url", f"http://127.0.0.1:{closed_port()}")

    findings = {finding["check"]: finding["state"] for finding in json.loads(ended.out)}
    assert ended.code == 0
    assert {"python", "packages", "engine", "sandbox", "bwrap", "disk", "kernels", "server"} <= set(findings)
    assert findings["server"] == "note"
    assert findings["engine"] == "ok"


def test_doctor_fails_when_something_is_broken(omnireel: Commands) -> None:
    ended = omnireel("doctor", OMNIREEL_ENGINE="perpetuum-mobile")

    assert ended.code == 1
    assert "perpetuum-mobile" in ended.out


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [({"OMNIREEL_PORT": "99999"}, "port"), ({"OMNIREEL_SANDBOX": "soft"}, "sandbox")],
)
def test_settings_that_make_no_sense_are_2(
    omnireel: Commands, environment: dict[str, str], complaint: str
) -> None:
    ended = omnireel("doctor", **environment)

    assert ended.code == 2
    assert complaint in ended.err


def test_a_settings_file_that_cannot_be_read_is_2(omnireel: Commands) -> None:
    (omnireel.folder / "omnireel.toml").write_text("port = = 1")

    ended = omnireel("doctor")

    assert ended.code == 2
    assert "settings" in ended.err


@pytest.mark.parametrize("words", [[], ["generate", "--help"], ["task"], ["keys", "--help"], ["--version"]])
def test_help_needs_no_server_and_no_key(omnireel: Commands, words: list[str]) -> None:
    ended = omnireel(*words, OMNIREEL_API_KEY="", OMNIREEL_BASE_URL="")

    assert "omnireel" in ended.out
    assert "Traceback" not in ended.err


@pytest.fixture(scope="session")
def base_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `pip install omnireel` brings, extras left out, and nothing else."""
    folder = tmp_path_factory.mktemp("base")
    wanted, seen = ["httpx2", "rich", "typer"], set[str]()
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in seen:
            continue
        seen.add(name)
        found = distribution(name)
        for top in {Path(file.parts[0]) for file in found.files or () if ".." not in file.parts}:
            (folder / top).symlink_to(str(found.locate_file(str(top))))
        needs = [Requirement(line) for line in found.requires or ()]
        wanted += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    (folder / "omnireel").symlink_to(Path(package.__file__).parent)
    return folder


def base_only(
    commands: Commands, packages: Path, program: str, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a program on the base packages alone: -I -S keep everything else installed out of sight."""
    seeing = f"import sys; sys.path.append({str(packages)!r})\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", seeing + textwrap.dedent(program), *words],
        cwd=commands.folder, env=commands.environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


RUN_COMMAND = """
    from omnireel.cli.main import main
    main()
"""


def test_the_sdk_needs_no_server_packages(server: Loopback, omnireel: Commands, base_packages: Path) -> None:
    server.script = [enveloped(receipt())]
    program = """
        import omnireel
        for name in omnireel.__all__:
            getattr(omnireel, name)
        print(omnireel.Client().videos.create("fox").task_id)
    """

    done = base_only(omnireel, base_packages, program)

    assert (done.returncode, done.stdout) == (0, "task-t2v-abc\n")


def test_the_commands_that_only_talk_to_a_server_need_no_server_packages(
    server: Loopback, omnireel: Commands, base_packages: Path
) -> None:
    server.script = [enveloped(receipt())]

    done = base_only(omnireel, base_packages, RUN_COMMAND, "generate", "fox", "--no-wait")

    assert (done.returncode, done.stdout) == (0, "task-t2v-abc\n")


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["worker"],
        ["keys", "list"],
        ["keys", "create"],
        ["teams", "list"],
        ["demo"],
        ["init"],
        ["models", "profiles"],
        ["models", "pull", "any"],
    ],
)
def test_the_commands_that_run_a_server_say_what_to_install(
    omnireel: Commands, base_packages: Path, words: list[str]
) -> None:
    done = base_only(omnireel, base_packages, RUN_COMMAND, *words)

    assert done.returncode == 1
    assert "pip install 'omnireel[server]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("flags", [[], ["--http"]])
def test_mcp_says_what_to_install(omnireel: Commands, base_packages: Path, flags: list[str]) -> None:
    done = base_only(omnireel, base_packages, RUN_COMMAND, "mcp", *flags)

    assert done.returncode == 1
    assert "pip install 'omnireel[mcp]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_runs_without_the_server_packages(omnireel: Commands, base_packages: Path) -> None:
    done = base_only(omnireel, base_packages, RUN_COMMAND, "doctor")

    assert done.returncode == 0
    assert "pip install 'omnireel[server]'" in done.stdout


def test_a_file_is_verified_without_the_server_packages(omnireel: Commands, base_packages: Path) -> None:
    video = make_video(omnireel.folder / "clip.mp4")

    done = base_only(omnireel, base_packages, RUN_COMMAND, "verify", str(video), "--offline")

    assert (done.returncode, done.stderr) == (1, "")
    assert "whole      yes" in done.stdout


def test_importing_the_package_loads_nothing() -> None:
    program = "import sys, omnireel; print([name for name in sys.modules if name.startswith('httpx')])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert done.stdout == "[]\n"


DELIVERY = {
    "delivery_id": "msg_1",
    "task_id": "task-t2v-abc",
    "event": "prediction.task.succeeded",
    "url": "https://hooks.example/",
    "status": "dead",
    "created_at": "2026-03-01T12:00:00.000Z",
    "attempts": [
        {"number": 1, "at": "2026-03-01T12:00:01.000Z", "status_code": 500, "error": "server_error"}
    ],
}


def test_webhooks_are_listed_and_sent_again(server: Loopback, omnireel: Commands) -> None:
    listed = enveloped({"items": [DELIVERY], "has_more": False})
    server.script = [listed, listed, enveloped(DELIVERY | {"status": "pending"})]

    line = omnireel("webhooks", "list", "--task", "task-t2v-abc")
    name = omnireel("webhooks", "list", "-q")
    again = omnireel("webhooks", "resend", "msg_1", "--json")

    assert line.out == "msg_1  dead         1x  server_error  task-t2v-abc  https://hooks.example/\n"
    assert name.out == "msg_1\n"
    assert (again.code, json.loads(again.out)["status"]) == (0, "pending")


def test_the_webhooks_secret_is_printed(server: Loopback, omnireel: Commands) -> None:
    server.script = [enveloped({"secret": "whsec_old"}), enveloped({"secret": "whsec_new"})]

    assert omnireel("webhooks", "secret").out == "whsec_old\n"
    assert omnireel("webhooks", "secret", "--rotate").out == "whsec_new\n"
