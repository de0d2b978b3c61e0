"""A request in the words of an inference server. Pure: what is asked, not how it gets there."""

from __future__ import annotations

from dataclasses import dataclass

from omnireel.engines.sidecar.options import Dialect, SidecarOptions
from omnireel.models import AspectRatio, MediaKind, MediaRef, Mode, VideoRequest


@dataclass(frozen=True)
class Asking:
    """A form: plain fields, and under which name each input goes along."""

    fields: dict[str, str]
    files: tuple[tuple[str, MediaRef], ...]


def asking(
    options: SidecarOptions, request: VideoRequest, *, aspect: AspectRatio, seconds: float, seed: int
) -> Asking:
    """`seconds` is the clip's length."""
    width, height = options.size(request.mode, aspect)
    fields = {
        "prompt": request.prompt,
        "seconds": str(max(1, round(seconds))),
        "size": f"{width}x{height}",
        "num_frames": str(options.frames(seconds)),
        "fps": str(options.fps),
        "seed": str(seed),
    }
    if options.model is not None:
        fields["model"] = options.model
    if request.negative_prompt:
        fields["negative_prompt"] = request.negative_prompt
    if request.sound and options.dialect is Dialect.VLLM_OMNI:
        fields["generate_sound"] = "true"
    mode = options.std_fields if request.mode is Mode.STD else options.pro_fields
    return Asking(fields | dict(options.fields) | dict(mode), _files(options.dialect, request))


def _files(dialect: Dialect, request: VideoRequest) -> tuple[tuple[str, MediaRef], ...]:
    if dialect is Dialect.SGLANG:
        pictures = tuple(("input_reference", ref) for ref in request.images)
        return (*pictures, *(("video_reference", ref) for ref in request.videos))
    name = "input_reference" if len(request.inputs) == 1 else "input_references"
    return tuple((name, ref) for ref in request.inputs)


def media_name(ref: MediaRef, place: int) -> str:
    """What the file is called there; carries nothing of the caller's."""
    return f"{place}.{'mp4' if ref.kind is MediaKind.VIDEO else 'png'}"
