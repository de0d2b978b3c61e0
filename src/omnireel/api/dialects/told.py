"""What webhooks tell of a task's end, in the words in which it was asked for."""

from __future__ import annotations

from omnireel.api.dialects.kling.routes import DIALECT as KLING
from omnireel.api.dialects.kling.shown import callback_body
from omnireel.api.task_answer import Sign, poll_body
from omnireel.models import Task


def told(task: Task, sign: Sign) -> bytes:
    """The body of a webhook: what a poll would be answered with, but Kling's own to Kling's callers.

    OpenAI's clients do not ask for webhooks with a task; whoever sends ours along is told in our words.
    """
    return callback_body(task, sign) if task.dialect == KLING else poll_body(task, sign)
