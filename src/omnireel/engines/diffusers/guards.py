"""Refusing what diffusers would take in silence and make nonsense of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from omnireel.engines.diffusers.call import Call, Conditioning
from omnireel.engines.diffusers.profile import Profile
from omnireel.engines.link import Array
from omnireel.errors import EngineFailed, EngineUnavailable

OURS = frozenset({"diffusers", "transformers", "ltx2"})
"""Where the classes of a model's parts may come from; ltx2 is a room of diffusers."""

MOST_STEPS = 200
MOST_PIXELS = 4096
"""Of a side. Both as a profile may have them; whoever calls has read other people's media."""

EDITS = (Conditioning.EDIT, Conditioning.EDIT_WITH_REFERENCES)
WITH_REFERENCES = (Conditioning.REFERENCES, Conditioning.EDIT_WITH_REFERENCES)


def class_named(folder: Path) -> str:
    """The pipeline's class as the folder's index names it.

    Raises EngineUnavailable when there is no index, or when a part is to be made by code from elsewhere.
    """
    try:
        index = json.loads((folder / "model_index.json").read_text())
        libraries = {part[0] for part in index.values() if _is_part(part)}
        named = str(index["_class_name"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise EngineUnavailable(f"{folder} holds no model in the layout of diffusers: {error}") from error
    foreign = sorted(libraries - OURS)
    if foreign:
        raise EngineUnavailable(f"the model in {folder} wants code of {', '.join(foreign)} to be run")
    return named


def _is_part(entry: object) -> bool:
    """Whether an entry of an index is a library and a class; other lists are settings of the pipeline's."""
    return isinstance(entry, list) and len(entry) == 2 and all(isinstance(name, str) for name in entry)


def check_text_encoder(encoder: Any) -> None:
    """Raises EngineUnavailable when the words' vectors were lost on loading.

    Early releases of transformers 5 left UMT5's at zero (its issue 43992), after which every prompt means
    the same and the clip is noise. UMT5 has a table for them, and its encoder uses the same one.
    """
    table = encoder.get_input_embeddings().weight
    used = encoder.encoder.embed_tokens.weight if hasattr(encoder, "shared") else table
    if not bool(used.any()):
        raise EngineUnavailable(f"the text encoder's word vectors are all zero; {UPDATE}")
    if used.data_ptr() != table.data_ptr() and not bool((used == table).all()):
        raise EngineUnavailable(f"the text encoder's word vectors are not those of its own table; {UPDATE}")


UPDATE = "the weights are damaged, or transformers reads them wrongly: pip install -U 'transformers>=5.17'"


def check_call(profile: Profile, call: Call, arrays: Mapping[str, Array]) -> None:
    """Raises EngineFailed for a clip that is not one of the model's, and for pictures that do not fit it.

    VACE for one fills a source of another size or length up with black, and says nothing.
    """
    wants = expected(call)
    if set(wants) - set(arrays) or set(arrays) - set(wants) - _optional(call):
        raise EngineFailed(f"{call.conditioning} goes with {sorted(wants)}, and {sorted(arrays)} came")
    if profile.weights_for(call.conditioning) is None:
        raise EngineFailed(f"{profile.title} cannot do {call.conditioning}")
    if call.references > profile.references:
        raise EngineFailed(f"{profile.title} takes {profile.references} references, not {call.references}")
    _check_shape(profile, call)
    if not 1 <= call.steps <= MOST_STEPS:
        raise EngineFailed(f"a clip is made in 1 to {MOST_STEPS} steps, not {call.steps}")
    for name, array in arrays.items():
        _check_array(call, name, array)
    _check_keyframes(call, arrays)


def _check_keyframes(call: Call, arrays: Mapping[str, Array]) -> None:
    if call.conditioning is not Conditioning.KEYFRAMES:
        return
    given = sum(len(array) for array in arrays.values())
    if not 0 < given < call.frames:
        raise EngineFailed(
            f"a clip of {call.frames} frames wants an opening or a closing, and room between opening and"
            f" closing; {given} frames are given"
        )


def expected(call: Call) -> set[str]:
    """The arrays that a call cannot do without."""
    wants = {"source"} if call.conditioning in EDITS else set()
    if call.conditioning in WITH_REFERENCES:
        wants |= {f"reference_{at}" for at in range(1, max(1, call.references) + 1)}
    return wants


def _optional(call: Call) -> set[str]:
    return {"opening", "closing"} if call.conditioning is Conditioning.KEYFRAMES else set()


def _check_shape(profile: Profile, call: Call) -> None:
    sides = (call.width, call.height)
    if any(side % profile.side_multiple or not 0 < side <= MOST_PIXELS for side in sides):
        raise EngineFailed(
            f"{profile.title} makes sides that are multiples of {profile.side_multiple},"
            f" at most {MOST_PIXELS}, not {call.width}x{call.height}"
        )
    if call.frames != profile.legal_frames(call.frames) or call.frames > profile.longest:
        raise EngineFailed(
            f"{profile.title} makes {profile.frame_step}n+{profile.frame_offset} frames, at most"
            f" {profile.longest}, not {call.frames}"
        )


def _check_array(call: Call, name: str, array: Array) -> None:
    picture = name.startswith("reference_")
    sides = array.shape[-3:-1]
    if array.dtype != np.uint8 or array.ndim != (3 if picture else 4) or array.shape[-1] != 3:
        raise EngineFailed(f"{name} is {array.dtype} of shape {array.shape}")
    if not picture and sides != (call.height, call.width):
        raise EngineFailed(f"{name} is {sides[1]}x{sides[0]} and the clip {call.width}x{call.height}")
    if name == "source" and len(array) != call.frames:
        raise EngineFailed(f"the source has {len(array)} frames and the clip {call.frames}")
    if not array.size or (not picture and len(array) > call.frames):
        raise EngineFailed(f"{name} has {len(array)} frames and the clip {call.frames}")


def check_references(call: Call, latent_frames: int) -> None:
    """Raises EngineFailed: VACE gives each reference a latent frame of its own, and masks no more of them
    than the clip has.
    """
    if call.references > latent_frames:
        raise EngineFailed(
            f"a clip of {call.frames} frames takes {latent_frames} references, not {call.references}"
        )
