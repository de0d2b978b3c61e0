"""A request's media inside a scratch folder: where each lies, and whether it may be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from omnireel.errors import InvalidMedia, InvalidRequest
from omnireel.media.limits import check_limits
from omnireel.media.sniff import sniff
from omnireel.models import MediaKind, MediaLimits, MediaRef, VideoRequest


def input_paths(request: VideoRequest, folder: Path) -> dict[MediaRef, Path]:
    """Where each input belongs. Names are ours and carry nothing of the caller's; equal inputs share a
    file.
    """
    return {ref: folder / str(index) for index, ref in enumerate(dict.fromkeys(request.inputs))}


def check_inputs(request: VideoRequest, paths: Mapping[MediaRef, Path], limits: MediaLimits) -> None:
    """Look at the headers of the files. Raises InvalidMedia naming the input, the limit and the value."""
    for name, ref in named_inputs(request):
        if ref in paths:
            with _named(name):
                check_limits(sniff(paths[ref], ref.kind), limits)


def check_measured(request: VideoRequest, paths: Mapping[MediaRef, Path], limits: MediaLimits) -> None:
    """Hold what the videos really measure against the limits, for headers lie.

    Opens a decoder, so only where that may crash. Raises InvalidMedia naming input, limit and value.
    """
    if not request.videos:
        return
    # Decoders take long to load; a request without a video does not wait for them.
    from omnireel.media.probe import measured, probe

    for name, ref in named_inputs(request):
        if ref.kind is MediaKind.VIDEO:
            with _named(name):
                sniffed = sniff(paths[ref], ref.kind)
                check_limits(measured(sniffed, probe(paths[ref], sniffed.format, limits)), limits)


def named_inputs(request: VideoRequest) -> list[tuple[str, MediaRef]]:
    """Every input with the parameter that holds it, such as `images[0]`."""
    images = [(f"images[{index}]", ref) for index, ref in enumerate(request.images)]
    return images + [(f"videos[{index}]", ref) for index, ref in enumerate(request.videos)]


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidRequest as error:
        raise InvalidMedia(f"{error.category}: parameter '{name}': {error}") from error
