"""The consult phase: a language model is asked how to direct, and what it says is left in a file.

Whatever goes wrong is left there as a word, and the rules direct. Nobody else is ever connected to: no proxy,
no redirect, no address but the configured one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import httpx2

from omnireel.director.script.asking import question
from omnireel.execution.protocol import Consultant, Order
from omnireel.execution.scratch import Parts
from omnireel.execution.scripts import MAX_ANSWER, Silence, leave_script, leave_silence
from omnireel.execution.stages import Stages
from omnireel.media.egress import EgressPolicy
from omnireel.media.pinned import PinnedTransport
from omnireel.models import VideoRequest

log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 5.0


class Unanswered(Exception):
    """Nothing usable came. `detail` is for the operator and quotes nobody."""

    def __init__(self, silence: Silence, detail: str) -> None:
        super().__init__(detail)
        self.silence = silence


def consult(order: Order, request: VideoRequest, stages: Stages) -> None:
    """Ask, and leave the answer or why there is none."""
    folder = Parts(order.folder).script
    consultant = order.consultant
    if consultant is None:
        return
    stages.enter("asking a language model")
    try:
        leave_script(
            folder, _content(_asked(consultant, question(request, model=consultant.model, seed=order.seed)))
        )
    except Unanswered as error:
        log.warning("the language model gave no script: %s", error)
        leave_silence(folder, error.silence)
    stages.leave()


def _asked(consultant: Consultant, body: Mapping[str, Any]) -> Any:
    """The endpoint's answer, decoded. Raises Unanswered."""
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }
    if consultant.api_key:
        headers["Authorization"] = f"Bearer {consultant.api_key}"
    try:
        with (
            PinnedTransport(_policy(consultant.seconds)) as transport,
            transport.answer(
                "POST", _url(consultant), headers=headers, content=json.dumps(body).encode()
            ) as answer,
        ):
            if answer.status_code != httpx2.codes.OK:
                raise Unanswered(Silence.REFUSED, f"status {answer.status_code}")
            text = _read(answer)
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        raise Unanswered(Silence.UNREACHED, "it could not be reached, or was too slow") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unanswered(Silence.UNUSABLE, "its answer is not JSON") from error


def _policy(seconds: float) -> EgressPolicy:
    """An operator's own endpoint may be anywhere, and answers when it has thought."""
    return EgressPolicy(
        allow_private=True,
        max_redirects=0,
        connect_seconds=min(CONNECT_SECONDS, seconds),
        idle_seconds=seconds,
        total_seconds=seconds,
    )


def _url(consultant: Consultant) -> httpx2.URL:
    return httpx2.URL(f"{consultant.base_url.rstrip('/')}/chat/completions")


def _read(answer: httpx2.Response) -> bytes:
    """Counts what comes, whatever was announced."""
    if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Unanswered(Silence.UNUSABLE, "its answer is compressed, which was not asked for")
    text = b""
    for chunk in answer.iter_raw():
        text += chunk
        if len(text) > MAX_ANSWER:
            raise Unanswered(Silence.UNUSABLE, f"its answer is longer than {MAX_ANSWER} bytes")
    return text


def _content(answer: Any) -> str:
    """What the model said. Raises Unanswered where it did not say all of it."""
    match answer:
        case {"choices": [{"finish_reason": "stop" | None, "message": {"content": str(said)}}, *_]}:
            return said
        case {"choices": [{"finish_reason": str(reason)}, *_]}:
            raise Unanswered(
                Silence.UNUSABLE, f"it stopped for another reason than being done: {reason[:40]}"
            )
    raise Unanswered(Silence.UNUSABLE, "its answer is no chat completion")
