"""Prompts that were read lately: the segments of a clip share theirs, and all clips the negative one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

MOST = 8
MOST_BYTES = 2 * 1024**3
"""LTX-2 keeps every layer of its text encoder: 0.4 GiB a prompt."""

Tensors = tuple[Any, ...]


class Prompts:
    """Reads each prompt once while it is remembered, in the computer's own memory."""

    def __init__(self, read: Callable[[str], Tensors]) -> None:
        self._read = read
        self._known: OrderedDict[str, Tensors] = OrderedDict()

    def __call__(self, prompt: str) -> Tensors:
        """What the text encoder makes of the prompt, on the CPU."""
        if prompt not in self._known:
            self._known[prompt] = tuple(tensor.cpu() for tensor in self._read(prompt))
        self._known.move_to_end(prompt)
        while len(self._known) > 1 and (len(self._known) > MOST or self._bytes() > MOST_BYTES):
            self._known.popitem(last=False)
        return self._known[prompt]

    def _bytes(self) -> int:
        return sum(tensor.nbytes for tensors in self._known.values() for tensor in tensors)
