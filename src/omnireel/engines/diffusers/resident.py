"""The side that has the weights: answers calls in the process that keeps models loaded."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from omnireel.engines.diffusers.call import Call, LoadedModel
from omnireel.engines.diffusers.loading import load
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.link import Message
from omnireel.errors import EngineFailed, EngineUnavailable


class ResidentModel:
    """A profile's weights, loaded when first asked for. Of a profile with several repositories as many are
    loaded at a time as the operator says there is room for.
    """

    def __init__(self, options: DiffusersOptions, *, threads: int) -> None:
        self._options, self._threads = options, threads
        self._loaded: dict[str, LoadedModel] = {}

    def answer(self, asked: Message, step: Callable[[float, str], None]) -> Message:
        """Takes a `Call` as `call`, and its arrays; gives frames, and sound at `rate` if there is any."""
        try:
            call = msgspec.convert(asked.head.get("call"), Call)
        except msgspec.ValidationError as error:
            raise EngineFailed(f"no call: {error}") from error
        made = self._model(call).generate(call, asked.arrays, step)
        sound = {} if made.audio is None else {"audio": made.audio}
        return Message({"rate": made.rate}, {"frames": made.frames, **sound})

    def close(self) -> None:
        """Give the memory back."""
        while self._loaded:
            self._loaded.popitem()[1].close()

    def _model(self, call: Call) -> LoadedModel:
        profile = self._options.model
        weights = profile.weights_for(call.conditioning)
        if weights is None:
            raise EngineUnavailable(f"{profile.title} does no {call.conditioning}")
        if weights.repo not in self._loaded:
            while len(self._loaded) >= self._options.repositories:
                # The one that was loaded first; dictionaries keep their order.
                self._loaded.pop(next(iter(self._loaded))).close()
            self._loaded[weights.repo] = load(
                profile, call.conditioning, self._options, threads=self._threads
            )
        return self._loaded[weights.repo]
