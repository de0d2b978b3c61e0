"""What the passes made, joined to one film: faded into each other, landed on their last frame, in step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from omnireel.engines.diffusers.call import Generated
from omnireel.engines.diffusers.mapping import Pass, Plan
from omnireel.engines.link import Array
from omnireel.media.frames import SAMPLE_RATE, Samples
from omnireel.media.resample import resampled

JOIN_SECONDS = 0.05
"""How long sound takes to go from one pass over to the next."""
Make = Callable[[Pass, Array | None], Generated]
"""Makes a pass; it is given the frames before it."""


def joined(plan: Plan, carry: int, make: Make, hear: Callable[[Samples], None]) -> Iterator[Array]:
    """The film's frames, RGB at the model's rate, one after the other; `plan.frames` of them.

    `carry` is how many frames a pass goes on from. `hear` is given the sound of each pass that has some.
    """
    held = recent = None
    for number, wanted in enumerate(plan.passes):
        made = make(wanted, recent)
        frames = kept(made.frames, wanted, carry)
        if wanted.fade and held is not None:
            frames = faded(held, frames)
        if made.audio is not None:
            hear(sound_of(made.audio, made.rate, wanted, carry if wanted.goes_on else 0))
        recent = frames[-carry:]
        ahead = plan.passes[number + 1].fade if number + 1 < len(plan.passes) else 0
        yield from frames[: len(frames) - ahead]
        held = frames[len(frames) - ahead :]


def kept(frames: Array, wanted: Pass, carry: int) -> Array:
    """The frames that count. A clip that lands on a picture keeps its first and its last frame."""
    shown = frames[carry if wanted.goes_on else 0 :]
    if wanted.closing is None:
        return shown[: wanted.keep]
    chosen: Array = shown[np.linspace(0, len(shown) - 1, wanted.keep).round().astype(int)]
    return chosen


def faded(held: Array, frames: Array) -> Array:
    """The frames, of which the first ones come out of those that were held, evenly."""
    share = (np.arange(1, len(held) + 1, dtype=np.float32) / (len(held) + 1))[:, None, None, None]
    mixed = held + (frames[: len(held)].astype(np.float32) - held) * share
    return np.concatenate([mixed.round().astype(np.uint8), frames[len(held) :]])


def sound_of(audio: Array, rate: int, wanted: Pass, skip: int) -> Samples:
    """The sound of the frames that count, after the first `skip`; in silence at both ends, so that it joins
    without a click.
    """
    begin, count = (round(frames * SAMPLE_RATE / wanted.call.fps) for frames in (skip, wanted.keep))
    sound = resampled(audio, rate)[begin : begin + count]
    sound = np.concatenate([sound, np.zeros((count - len(sound), 2), np.float32)])
    ramp = np.linspace(0, 1, max(1, round(JOIN_SECONDS * SAMPLE_RATE)), dtype=np.float32)[: count // 2, None]
    sound[: len(ramp)] *= np.sqrt(ramp)
    sound[count - len(ramp) :] *= np.sqrt(ramp[::-1])
    return np.clip(sound, -1, 1)


def in_step(frames: Iterator[Array], fps: int, count: int, rate: Fraction) -> Iterator[Array]:
    """`count` frames at `rate` of a film at `fps`: at each moment the frame that is shown then."""
    shown, place = next(frames), 0
    for number in range(count):
        due = int(number * fps / rate + Fraction(1, 2))
        while place < due and (after := next(frames, None)) is not None:
            shown, place = after, place + 1
        yield shown
