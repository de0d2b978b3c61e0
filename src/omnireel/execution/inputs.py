"""A request's media inside a scratch folder: where each lies, and whether it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from omnireel.errors import InvalidMedia, InvalidRequest
from omnireel.media.limits import check_limits
from omnireel.media.sniff import sniff
from omnireel.models import MediaLimits, MediaRef, VideoRequest


def input_paths(request: VideoRequest, folder: Path) -> dict[MediaRef, Path]:
    """Where each input belongs. Names are ours and carry nothing of the caller's; equal inputs share a
    file.
    """
    return {ref: folder / str(index) for index, ref in enumerate(dict.fromkeys(request.inputs))}


def check_inputs(request: VideoRequest, paths: Mapping[MediaRef, Path], limits: MediaLimits) -> None:
    """Look at the headers of the files. Raises InvalidMedia naming the input, the limit and the value."""
    places = [(f"images[{index}]", ref) for index, ref in enumerate(request.images)]
    places += [(f"videos[{index}]", ref) for index, ref in enumerate(request.videos)]
    for name, ref in places:
        if ref in paths:
            _check(name, ref, paths[ref], limits)


def _check(name: str, ref: MediaRef, path: Path, limits: MediaLimits) -> None:
    try:
        check_limits(sniff(path, ref.kind), limits)
    except InvalidRequest as error:
        raise InvalidMedia(f"{error.category}: parameter '{name}': {error}") from error
