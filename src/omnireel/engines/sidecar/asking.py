"""A request in the words of an inference server. Pure: what is asked, not how it gets there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from omnireel.engines.sidecar import minimax_h3
from omnireel.engines.sidecar.options import Dialect, SidecarOptions
from omnireel.models import AspectRatio, Job, MediaKind, MediaRef, Mode, VideoRequest


@dataclass(frozen=True)
class Asking:
    """A form: plain fields, and under which name each input goes along."""

    fields: dict[str, str]
    files: tuple[tuple[str, MediaRef], ...]
    warnings: tuple[str, ...] = ()


def asking(options: SidecarOptions, job: Job, *, aspect: AspectRatio, seconds: float, seed: int) -> Asking:
    """`seconds` is the clip's length."""
    request = job.request
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
    more = dict(options.fields) | dict(mode)
    if options.profile is None:
        return Asking(fields | more, _files(options.dialect, request))
    files = _files(options.dialect, replace(request, images=minimax_h3.images_in_order(job)))
    return Asking(minimax_h3.told(job, fields, seconds) | more, files, minimax_h3.warnings(request))


def _files(dialect: Dialect, request: VideoRequest) -> tuple[tuple[str, MediaRef], ...]:
    if dialect is Dialect.SGLANG:
        pictures = tuple(("input_reference", ref) for ref in request.images)
        return (*pictures, *(("video_reference", ref) for ref in request.videos))
    name = "input_reference" if len(request.inputs) == 1 else "input_references"
    return tuple((name, ref) for ref in request.inputs)


def media_name(ref: MediaRef, place: int) -> str:
    """What the file is called there; carries nothing of the caller's."""
    return f"{place}.{'mp4' if ref.kind is MediaKind.VIDEO else 'png'}"
