"""Following a pipeline through its steps."""

from __future__ import annotations

from typing import Any

from omnireel.engines.diffusers.call import Step

DENOISED = 0.95
"""Share of the work that is done when only the frames are still to be decoded."""


class Watch:
    """Tells `step` of every denoising step. A Canceled that it raises ends the pipeline there and then."""

    def __init__(self, step: Step, steps: int) -> None:
        self._step = step
        self._steps = steps

    def begin(self) -> None:
        self._step(0.0, "reading the prompt")

    def done(self, index: int) -> None:
        """Step `index`, counted from 0, is done."""
        share = DENOISED * min(1.0, (index + 1) / self._steps)
        last = index + 1 >= self._steps
        self._step(share, "decoding" if last else f"denoising, step {index + 2} of {self._steps}")

    def __call__(self, pipeline: Any, index: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """As diffusers calls it, after each step."""
        self.done(index)
        return tensors


def with_shift(scheduler: Any, shift: float | None) -> Any:
    """A scheduler like the model's own that has gone through no step yet, leaning as far as asked."""
    key = "flow_shift" if "flow_shift" in scheduler.config else "shift"
    return type(scheduler).from_config(scheduler.config, **({} if shift is None else {key: shift}))
