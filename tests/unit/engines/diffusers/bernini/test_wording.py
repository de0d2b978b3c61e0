"""What the text encoder reads."""

from __future__ import annotations

from omnireel.engines.diffusers.bernini.wording import SENTENCES, worded


def test_every_task_begins_with_a_sentence_of_its_own() -> None:
    texts = {worded(task, "A fox") for task in SENTENCES}
    assert len(texts) == len(SENTENCES) == 4
    assert all(text.endswith(".A fox") for text in texts)
