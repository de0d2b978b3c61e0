"""Who directs an attempt: a language model's script where there is a usable one, or else the rules."""

from __future__ import annotations

import logging
from typing import Final

from omnireel.director.direct import direct
from omnireel.director.script.board import scripted
from omnireel.director.script.shape import UnusableScript
from omnireel.engines.base import Run
from omnireel.execution.protocol import Order
from omnireel.execution.scratch import Parts
from omnireel.execution.scripts import NoScript, Silence, found_script
from omnireel.models import Storyboard, VideoRequest

log = logging.getLogger(__name__)

MODEL: Final = "model"
RULES: Final = "rules"


def directed(order: Order, request: VideoRequest, run: Run) -> tuple[Storyboard, str]:
    """The storyboard, and who made it; "" where nobody else could have."""
    if not order.consulted:
        return direct(request), ""
    try:
        return _scripted(order, request), MODEL
    except NoScript as silence:
        run.warn(f"The rules directed this video and not the language model: {silence}.")
        return direct(request), RULES


def _scripted(order: Order, request: VideoRequest) -> Storyboard:
    """Raises NoScript."""
    try:
        return scripted(request, found_script(Parts(order.folder).script))
    except UnusableScript as fault:
        log.warning("the language model's script cannot be used: %s", fault)
        raise NoScript(Silence.UNUSABLE) from fault
