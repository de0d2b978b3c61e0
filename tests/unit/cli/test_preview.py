"""What is drawn, and how a terminal is asked what it can draw."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.media_files import make_video
from tests.unit.cli.inside import Inside
from tests.unit.cli.test_generate_command import finished, happy
from tests.unit.client.loopback import Loopback

from omnireel.cli.preview.blocks import UPPER, blocks
from omnireel.cli.preview.graphics import CHUNK, iterm, kitty
from omnireel.cli.preview.sheet import GAP, contact_sheet
from omnireel.cli.preview.show import drawn, posted
from omnireel.cli.preview.sixel import sixel
from omnireel.cli.preview.terminal import (
    QUESTIONS,
    Colours,
    Terminal,
    Way,
    colours_of,
    may_be_asked,
    way_of,
)
from omnireel.media.frames import Frame

KITTY, XTERM, WITH_SIXEL = b"\x1b_Gi=31;OK\x1b\\\x1b[?62;22c", b"\x1b[?62;22c", b"\x1b[?62;4;22c"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4")


def stripes() -> Frame:
    """Four colours far apart, 8 x 20 pixels each."""
    picture = np.zeros((20, 32, 3), np.uint8)
    for place, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]):
        picture[:, 8 * place : 8 * place + 8] = colour
    return picture


@pytest.mark.parametrize(
    ("answer", "environment", "way"),
    [
        (KITTY, {}, Way.KITTY),
        (KITTY, {"TERM_PROGRAM": "WezTerm"}, Way.KITTY),
        (XTERM, {"TERM_PROGRAM": "iTerm.app"}, Way.ITERM),
        (XTERM, {"LC_TERMINAL": "iTerm2"}, Way.ITERM),
        (XTERM, {"TERM_PROGRAM": "iTerm.app", "TMUX": "/run/tmux,1,0"}, Way.BLOCKS),
        (WITH_SIXEL, {}, Way.SIXEL),
        (WITH_SIXEL, {"TMUX": "/run/tmux,1,0"}, Way.SIXEL),
        (b"\x1b[?4c", {}, Way.BLOCKS),
        (b"", {"KITTY_WINDOW_ID": "1"}, Way.BLOCKS),
    ],
)
def test_the_best_way_is_chosen(answer: bytes, environment: dict[str, str], way: Way) -> None:
    assert way_of(answer, environment) is way


@pytest.mark.parametrize(
    ("environment", "colours"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm-256color"}, Colours.TRUE),
        ({"TERM": "xterm-256color"}, Colours.INDEXED),
        ({"TERM": "vt100"}, Colours.NONE),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, Colours.NONE),
    ],
)
def test_no_more_colours_are_used_than_there_are(environment: dict[str, str], colours: Colours) -> None:
    assert colours_of(environment) is colours


ASK = """
import fcntl, json, sys, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
from omnireel.cli.preview.terminal import terminal_of
before = termios.tcgetattr(2)
terminal = terminal_of(2)
print(json.dumps([terminal.way, terminal.columns, termios.tcgetattr(2) == before]))
"""


def asked(answer: bytes) -> tuple[list[object], bytes]:
    """What a child makes of a terminal that gives this answer, and what it asked."""
    ours, theirs = os.openpty()
    plain = {name: value for name, value in os.environ.items() if "TERM" not in name}
    environment = plain | {"TMUX": "", "TERM": "xterm-256color"}
    child = subprocess.Popen(
        [sys.executable, "-c", ASK], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    question = b""
    while QUESTIONS not in question and select.select([ours], [], [], 30)[0]:
        question += os.read(ours, 1024)
    if answer:
        os.write(ours, answer)
    out, _ = child.communicate(timeout=30)
    os.close(ours)
    return json.loads(out), question


@pytest.mark.parametrize(("answer", "way"), [(KITTY, "kitty"), (WITH_SIXEL, "sixel"), (XTERM, "blocks")])
def test_a_terminal_is_asked_and_left_as_it_was(answer: bytes, way: str) -> None:
    (found, columns, restored), question = asked(answer)

    assert question == QUESTIONS
    assert (found, columns, restored) == (way, 80, True)


def test_a_terminal_that_never_answers_is_not_waited_for_for_ever() -> None:
    (found, _, restored), _ = asked(b"")

    assert (found, restored) == ("blocks", True)


@pytest.mark.parametrize(
    ("environment", "may"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "linux"}, False),
        ({}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_a_terminal_that_would_print_the_question_is_not_asked(
    environment: dict[str, str], may: bool
) -> None:
    assert may_be_asked(environment) is may


def test_the_sheet_shows_moments_in_their_order(video: Path) -> None:
    sheet = contact_sheet(video, 300)
    tile = (300 - 2 * GAP) // 3

    assert sheet.shape[1] == 3 * tile + 2 * GAP
    assert not sheet[:, tile : tile + GAP].any()
    first, second = (sheet[: sheet.shape[0] // 2, at : at + tile] for at in (0, tile + GAP))
    assert not np.array_equal(first, second)


def test_an_upright_video_does_not_fill_the_screen(tmp_path: Path) -> None:
    upright = make_video(tmp_path / "tall.mp4", width=180, height=320)

    lines = drawn(upright, Terminal(Way.BLOCKS, Colours.NONE, 81)).splitlines()

    assert {len(line) for line in lines} == {80}
    assert len(lines) <= 20


def test_kittys_pieces_make_the_png_again() -> None:
    png = bytes(range(256)) * 40

    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty(png, 60))

    assert base64.b64decode("".join(data for _, data in pieces)) == png
    assert [head[-3:] for head, _ in pieces] == ["m=1"] * (len(pieces) - 1) + ["m=0"]
    assert pieces[0][0].startswith("a=T,f=100,q=2,c=60,")
    assert max(len(data) for _, data in pieces) == CHUNK


def test_iterms_file_is_whole() -> None:
    found = re.fullmatch(r"\x1b\]1337;File=([^:]*):(.*)\x07\n", iterm(b"a picture", 40))

    assert found is not None
    assert "width=40" in found[1]
    assert base64.b64decode(found[2]) == b"a picture"


def unsixeled(text: str) -> Frame:
    """The picture a terminal would draw; a reader of the format on its own."""
    body = text.removeprefix("\x1bP0;1q").removesuffix("\x1b\\\n")
    width, height = (int(value) for value in re.findall(r'"1;1;(\d+);(\d+)', body)[0])
    picture = np.zeros((height + 6, width, 3), np.uint8)
    palette: dict[int, list[int]] = {}
    top = left = colour = 0
    for token in re.findall(r'"[\d;]+|#\d+;2;\d+;\d+;\d+|#\d+|!\d+.|[?-~]|\$|-', body):
        if token.startswith("#") and ";" in token:
            name, _, *values = (int(value) for value in token[1:].split(";"))
            palette[name] = [round(value * 2.55) for value in reversed(values)]
        elif token.startswith("#"):
            colour = int(token[1:])
        elif token == "$":
            left = 0
        elif token == "-":
            top, left = top + 6, 0
        elif not token.startswith('"'):
            length, letter = (int(token[1:-1]), token[-1]) if token.startswith("!") else (1, token)
            for row in range(6):
                if (ord(letter) - 63) >> row & 1:
                    picture[top + row, left : left + length] = palette[colour]
            left += length
    return picture[:height]


def test_a_sixel_picture_is_the_picture() -> None:
    shown = unsixeled(sixel(stripes())).astype(int)

    assert np.abs(shown - stripes()).max() <= 3


def test_half_blocks_show_two_pixels_each() -> None:
    picture = stripes()
    picture[1::2] = 0

    lines = blocks(picture, Colours.TRUE).splitlines()

    assert len(lines) == 10
    assert lines[0].count(UPPER) == 32
    assert "\x1b[38;2;0;0;255;48;2;0;0;0m" in lines[0]
    assert "38;5;21" in blocks(picture, Colours.INDEXED)


def test_without_colours_there_are_only_characters() -> None:
    assert set(blocks(stripes(), Colours.NONE)) <= set(" ░▒▓█\n")


@pytest.mark.parametrize("way", list(Way))
def test_every_way_draws_a_real_video(video: Path, way: Way) -> None:
    assert drawn(video, Terminal(way, Colours.TRUE, 40)).endswith("\n")


def test_a_png_for_the_terminal_is_one(video: Path) -> None:
    text = drawn(video, Terminal(Way.ITERM, Colours.TRUE, 40))

    with Image.open(io.BytesIO(base64.b64decode(text.partition(":")[2]))) as picture:
        assert picture.format == "PNG"


def test_off_a_terminal_nothing_is_drawn_and_it_is_said(inside: Inside, server: Loopback) -> None:
    server.script = happy(server)

    ended = inside("generate", "fox", "-o", "out.mp4", "--preview")

    assert (ended.code, ended.out) == (0, "out.mp4\n")
    assert "on a terminal only" in ended.err


def test_a_preview_of_what_is_not_saved_is_refused(inside: Inside, server: Loopback) -> None:
    server.script = [finished(server)]

    assert inside("task", "wait", "task-t2v-abc", "--preview").code == 2
    assert server.seen == []


def test_without_the_packages_the_servers_poster_is_shown_where_it_can_be() -> None:
    def poster(folder: Path) -> Path:
        (folder / "poster.jpg").write_bytes(b"a poster")
        return folder / "poster.jpg"

    shown = posted(Terminal(Way.ITERM, Colours.TRUE, 80), poster)

    assert shown == iterm(b"a poster", 79)
    assert posted(Terminal(Way.BLOCKS, Colours.TRUE, 80), poster) is None
