"""The render phase: from the request and its inputs to a clip."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace

from omnireel.engines.base import Engine, Recalling
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.execution.directing import directed
from omnireel.execution.inputs import check_inputs, check_measured, input_paths
from omnireel.execution.protocol import MAX_NOTES, AnyEvent, Order
from omnireel.execution.run import ChildRun
from omnireel.execution.scratch import Parts
from omnireel.execution.stages import Stages
from omnireel.media.spritesheet import draw_spritesheet
from omnireel.models import Clip, Job, VideoRequest


def render(
    order: Order, request: VideoRequest, tell: Callable[[AnyEvent], None], stopping: Callable[[], bool]
) -> Clip:
    """Check the inputs, direct the request, make the clip. Raises AttemptError."""
    parts = Parts(order.folder)
    inputs = input_paths(request, parts.inputs)
    stages = Stages(tell)
    stages.enter("checking")
    check_inputs(request, inputs, order.limits)
    check_measured(request, inputs, order.limits)
    run = ChildRun(
        parts.work,
        order.seed,
        order.note,
        inputs,
        order.limits,
        tell,
        stopping,
        _answers,
        stages,
        order.slots,
        order.link,
    )
    for note in request.notes:
        run.warn(note)
    run.report(0.0, "directing")
    storyboard, director = directed(order, request, run)
    stages.enter("loading the engine")
    clip = replace(_generate(order, Job(request, storyboard), run), director=director)
    if order.spritesheet:
        stages.enter("drawing the spritesheet")
        clip = replace(clip, spritesheet=draw_spritesheet(clip.path, parts.work / "spritesheet.jpg"))
    stages.leave()
    return clip


def _answers() -> bytes:
    """What the parent has said since. Never waits: standard input is a file that grows."""
    return os.read(sys.stdin.fileno(), MAX_NOTES)


def _generate(order: Order, job: Job, run: ChildRun) -> Clip:
    engine = _made(order)
    try:
        able = engine.capabilities
        for sentence in job.storyboard.unsupported if able.directed and not able.reads_prompt else ():
            run.warn(sentence)
        return engine.generate(job, run)
    finally:
        engine.close()


def prepare(order: Order) -> None:
    """Let the engine fill its caches."""
    engine = _made(order)
    try:
        engine.prepare(Parts(order.folder).work)
    finally:
        engine.close()


def recall(order: Order) -> None:
    """Let the engine call off what it remembers. Raises AttemptError."""
    engine = _made(order)
    try:
        if isinstance(engine, Recalling):
            engine.recall(order.note)
    finally:
        engine.close()


def _made(order: Order) -> Engine:
    return make_engine(order.engine, EngineSpec(order.kind, order.options), threads=order.bounds.threads)
