from __future__ import annotations

import json

import pytest

from omnireel.signatures import new_secret as new_webhook_secret
from omnireel.tasks.keys import new_secret
from omnireel.telemetry.redaction import HIDDEN, LONGEST, redact, redacted, without

PROMPT = 'a "red" lighthouse at dusk, 灯塔, waves\nand gulls'


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"key {(key := new_secret())} refused", key),
        (f"signed with {(signing := new_webhook_secret())}", signing),
        ("the pair's omr_sk_Ab-_9 is no good", "Ab-_9"),
        ("signed eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln-x_ by", "eyJpc3MiOiJhIn0.c2ln-x_"),
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("postgresql://app:p@ss/w:rd@db.example/omnireel", "p@ss/w:rd"),
        ("host=db user=app password=hunter22 dbname=x", "hunter22"),
        ("GET https://x.example/files/a.mp4?expires=17&signature=deadbeef", "deadbeef"),
        ("http://bucket.example/a?X-Amz-Credential=AKIA1&X-Amz-Signature=beef", "AKIA1"),
        ("/files/a.mp4?expires=17&signature=deadbeef", "deadbeef"),
        ("https://hooks.example/x?token=T0PS3CRET#frag", "T0PS3CRET"),
        ("data:image/png;base64," + "iVBOR" * 60 + "==", "iVBOR" * 60),
        ("DETAIL:  Failing row contains (1, a secret prompt).", "a secret prompt"),
    ],
    ids=[
        "key", "webhook secret", "secret key", "signed token", "bearer", "url password", "conninfo",
        "own link", "presigned link",
        "path of a link", "receiver's token", "inline media", "row of a database",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_taken_out(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "attempt ended",
        "https://x.example/files/a.mp4",
        "task-t2v-FzkArT6m5BlCrOFgSDciHC",
        "a" * 256,
        "5 @ 3:7",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def test_a_known_secret_is_taken_out_whatever_it_looks_like() -> None:
    assert (
        redact("could not log in with correct horse", ["correct horse"]) == f"could not log in with {HIDDEN}"
    )


def test_a_value_is_looked_through_to_its_depth_and_stays_bounded() -> None:
    key = new_secret()
    value = {"a": [{"b": (key, 1, None)}], key: True, "secret": "anything", "long": "x y" * LONGEST}
    shown = json.dumps(redacted(value))

    assert key not in shown
    assert "anything" not in shown
    assert len(shown) < 2 * LONGEST
    endless: list[object] = []
    endless.append(endless)
    assert redacted(endless)


@pytest.mark.parametrize(
    "written",
    [
        PROMPT,
        repr(PROMPT),
        json.dumps(PROMPT),
        f"ValueError: {PROMPT[:30]}...",
        f"no {PROMPT.split(chr(10))[0]}",
    ],
)
def test_a_private_text_is_taken_out_however_it_is_quoted_or_cut(written: str) -> None:
    cleaned = without(f"Traceback: {written} (line 3)", [PROMPT])

    assert cleaned.startswith("Traceback: ")
    assert cleaned.endswith(" (line 3)")
    assert "lighthouse" not in cleaned
    assert "灯塔" not in cleaned


def test_private_texts_too_short_to_tell_anything_are_left() -> None:
    assert without("a cat and a dog", ["a", ""]) == "a cat and a dog"
