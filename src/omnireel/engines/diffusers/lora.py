"""Weights laid over a model's, for as long as a call wants them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omnireel.engines.diffusers.memory import transformers_of
from omnireel.errors import EngineFailed, EngineUnavailable

NAME = "laid_over"


class Overlay:
    """Keeps the overlay that was used last; another, or none, never leaves a trace of it.

    `allowed` are those that the operator names.
    """

    def __init__(self, pipeline: Any, allowed: frozenset[str]) -> None:
        self._pipeline = pipeline
        self._allowed = allowed
        self._loaded: str | None = None

    def close(self) -> None:
        """Let go of the model."""
        self._pipeline = None

    def use(self, lora: str | None) -> None:
        """Have this overlay on, or none. Raises EngineUnavailable when peft or the file is missing, and
        EngineFailed when it is not one for this model.
        """
        if lora is None:
            if self._loaded:
                self._pipeline.disable_lora()
            return
        if lora not in self._allowed:
            raise EngineFailed(f"no mode of this engine lays {lora} over the model")
        if lora != self._loaded:
            self._load(lora)
        self._pipeline.enable_lora()

    def _load(self, lora: str) -> None:
        if find_spec("peft") is None:
            raise EngineUnavailable(f"laying {lora} over the model needs peft: pip install peft")
        from safetensors import SafetensorError

        files = files_for(Path(lora).expanduser(), experts=len(transformers_of(self._pipeline)))
        self._unload()
        try:
            for file, second in files:
                self._load_into(file, second=second)
        except (ValueError, KeyError, RuntimeError, OSError, SafetensorError) as error:
            self._pipeline.unload_lora_weights()
            raise EngineFailed(f"{lora} cannot be laid over the model: {error}") from error
        if any(not getattr(one, "peft_config", None) for one in transformers_of(self._pipeline)):
            # diffusers passes over weights whose names it does not know.
            self._pipeline.unload_lora_weights()
            raise EngineFailed(f"{lora} has no weights for this model")
        self._loaded = lora

    def _load_into(self, file: Path, *, second: bool) -> None:
        where = {"load_into_transformer_2": True} if second else {}
        self._pipeline.load_lora_weights(
            str(file.parent),
            weight_name=file.name,
            adapter_name=NAME,
            local_files_only=True,
            use_safetensors=True,
            **where,
        )

    def _unload(self) -> None:
        if self._loaded:
            self._pipeline.unload_lora_weights()
            self._loaded = None


def files_for(lora: Path, *, experts: int) -> list[tuple[Path, bool]]:
    """Each file to be loaded, and whether it goes to the second expert.

    One file goes to every expert. A folder has one for each, with `high` and `low` in their names, after the
    noise at which they work. Raises EngineUnavailable when they are not there.
    """
    if lora.is_file() and lora.suffix == ".safetensors":
        return [(lora, second) for second in (False, True)[:experts]]
    names = ("high", "low")[:experts]
    found = [next(iter(sorted(lora.glob(f"*{name}*.safetensors"))), None) for name in names]
    if experts < 2 or None in found:
        raise EngineUnavailable(f"{lora} is no safetensors file, nor a folder with one for each expert")
    return [(file, bool(at)) for at, file in enumerate(found) if file is not None]
