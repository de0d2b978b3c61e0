"""What a person at a terminal sees: progress, Ctrl-C, a preview, questions. Driven through tmux."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from tests.media_files import make_video
from tests.unit.cli.commands import Commands
from tests.unit.cli.screen import screen
from tests.unit.cli.shop import Shop, jsonl
from tests.unit.cli.test_generate_command import RUNNING
from tests.unit.client.loopback import Answer, Loopback, Seen, enveloped, receipt, refused

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux: apt install tmux")

MODELS = Answer(200, b'{"code": 0, "models": []}')


@pytest.fixture
def environment(omnireel: Commands) -> dict[str, str]:
    gone = ("NO_COLOR", "COLORTERM", "TERM", "LC_ALL")
    kept = {name: value for name, value in omnireel.environment().items() if name not in gone}
    return kept | {"HOME": str(omnireel.folder), "LANG": "C.UTF-8"}


@pytest.fixture
def go() -> Event:
    """Lets the task end."""
    return Event()


@pytest.fixture
def video(server: Loopback, tmp_path: Path, go: Event) -> bytes:
    """What the server's task makes, once it may."""
    content = make_video(tmp_path / "made.mp4").read_bytes()
    resource = {
        "url": f"{server.base_url}/files/task-t2v-abc.mp4", "type": "video", "role": "primary",
        "format": "mp4", "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    made = receipt() | {"status": "success", "result": {"resources": [resource]}}
    server.script = [_play(content, lambda: made if go.is_set() else RUNNING)]
    return content


def _play(content: bytes, state: Callable[[], dict[str, object]]) -> Callable[[Seen], Answer]:
    def answer(seen: Seen) -> Answer:
        if seen.path.startswith("/files/"):
            return Answer(200, content)
        if seen.path.endswith("/events"):
            return refused(404, "Resource not found: no stream")
        return enveloped(receipt() if seen.method == "POST" else state())

    return answer


def test_progress_is_a_bar_with_stage_and_time_and_goes_away_tidily(
    omnireel: Commands, environment: dict[str, str], video: bytes, go: Event
) -> None:
    with screen(omnireel.folder, environment, "generate", "fox", "-o", "out.mp4") as terminal:
        terminal.shows("processing: moulding", "━", "40%", "12 s left")
        go.set()
        text = terminal.shows("[exit 0]")

        assert text.count("moulding") == 0
        assert terminal.cursor_is_shown()
    assert (omnireel.folder / "out.mp4").read_bytes() == video


def test_a_narrow_terminal_keeps_progress_on_one_line(
    omnireel: Commands, environment: dict[str, str], video: bytes
) -> None:
    with screen(omnireel.folder, environment, "generate", "fox", "-o", "out.mp4", columns=50) as terminal:
        lines = terminal.shows("40%").splitlines()

        assert sum("%" in line for line in lines) == 1


@pytest.mark.usefixtures("video")
def test_ctrl_c_leaves_the_terminal_whole_and_says_how_to_come_back(
    omnireel: Commands, environment: dict[str, str]
) -> None:
    with screen(omnireel.folder, environment, "generate", "fox", "-o", "my out.mp4") as terminal:
        terminal.shows("processing: moulding")
        terminal.type("C-c")
        text = terminal.shows("[exit 130]")

        assert "omnireel task wait task-t2v-abc -o 'my out.mp4'" in text
        assert "omnireel task cancel task-t2v-abc" in text
        assert "Traceback" not in text
        assert terminal.cursor_is_shown()


@pytest.mark.usefixtures("video")
@pytest.mark.parametrize("colour", [True, False])
def test_a_preview_falls_back_to_blocks(
    omnireel: Commands, environment: dict[str, str], go: Event, colour: bool
) -> None:
    go.set()
    environment |= {} if colour else {"NO_COLOR": "1"}

    with screen(omnireel.folder, environment, "generate", "fox", "-o", "out.mp4", "--preview") as terminal:
        text = terminal.shows("[exit 0]")

        assert ("▀" * 10 in text) is colour
        assert ("48;5;" in terminal.text(colours=True)) is colour
        # The terminal was asked, and neither the question nor an answer is left on the screen.
        assert not any(word in text for word in ("Gi=31", "AAAA", "[?"))


def test_a_key_is_asked_for_and_not_shown(
    omnireel: Commands, environment: dict[str, str], server: Loopback
) -> None:
    server.script = [MODELS]
    key = "omr_live_" + "k" * 34 + "Wxyz"
    del environment["OMNIREEL_API_KEY"]

    with screen(omnireel.folder, environment, "auth", "login") as terminal:
        terminal.shows("API key for")
        terminal.type(key, "Enter")
        text = terminal.shows("[exit 0]")

        assert "kkkk" not in text
    assert server.seen[0].headers["authorization"] == f"Bearer {key}"


def test_a_prompt_is_typed_and_ended_with_ctrl_d(
    omnireel: Commands, environment: dict[str, str], server: Loopback
) -> None:
    server.script = [enveloped(receipt())]

    with screen(omnireel.folder, environment, "generate", "-", "--no-wait") as terminal:
        terminal.shows("then Ctrl-D")
        terminal.type("a fox", "Enter", "C-d")
        terminal.shows("[exit 0]")

    assert server.seen[0].json["prompt"] == "a fox"


def test_a_batch_shows_a_bar_for_each_line_and_goes_on_after_ctrl_c(
    omnireel: Commands, environment: dict[str, str], server: Loopback
) -> None:
    shop = Shop(server)
    shop.running = True
    (omnireel.folder / "films.jsonl").write_text(
        jsonl({"prompt": "a fox", "id": "fox"}, {"prompt": "an owl"})
    )

    with screen(omnireel.folder, environment, "batch", "films.jsonl") as terminal:
        terminal.shows("all lines", "0/2", "fox: processing", "line 2: processing")
        terminal.type("C-c")
        text = terminal.shows("[exit 130]")

        assert "omnireel batch films.jsonl" in text
        assert "Traceback" not in text
        assert terminal.cursor_is_shown()

    shop.running = False
    with screen(omnireel.folder, environment, "batch", "films.jsonl") as terminal:
        text = terminal.shows("[exit 0]", "2/2", "2 lines: 2 success")

        assert "fox: processing" not in text
    assert len(shop.tasks) == 2
