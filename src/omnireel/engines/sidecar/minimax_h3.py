"""MiniMax-H3 as vLLM-Omni 0.30 serves it: what it is told beyond what every model is.

A server with both halves of the model does all three of its tasks: from words, frames and references.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from omnireel.models import ImageRole, Job, JobKind, MediaKind, MediaRef, VideoRequest
from omnireel.references import find_references

NAME: Final = "minimax-h3"
LICENCE: Final = (
    "the weights of MiniMax-H3 come under the MiniMax-H3 Community License"
    " (https://huggingface.co/MiniMaxAI/MiniMax-H3/blob/main/LICENSE). It grants nothing in the United"
    " States, the European Union, the United Kingdom and South Korea, neither the use of the weights nor"
    " showing what they make; whoever earns more than 20 million USD a year needs permission; whoever shows"
    " its videos names it beside them. Read it, and say accept_licence = true if you accept it"
)
OPTIONS: Final[Mapping[str, Any]] = {
    "kinds": frozenset(JobKind),
    "sound": True,
    "pictures": 9,
    "mixed": True,
    "fps": 24,
    "frame_step": 17,
    "frame_offset": 5,
    "longest": 15.0,
    "std": (1344, 768),
    "pro": (1344, 768),
}
"""What an operator need not say of it. It was trained at one size."""
SHORTEST_SECONDS: Final = 4.0
MOST_FRAMES: Final = 2


def task_of(job: Job) -> str:
    """Its word for the work: `t2va` words, `fl2va` a first and last frame, `ref2va` everything else."""
    request = job.request
    if not request.inputs:
        return "t2va"
    references = ImageRole.REFERENCE in request.image_types
    framed = job.storyboard.kind is JobKind.ANIMATE and not references and not request.videos
    return "fl2va" if framed and len(request.images) <= MOST_FRAMES else "ref2va"


def told(job: Job, fields: Mapping[str, str], seconds: float) -> dict[str, str]:
    """The form's fields in its own way. `seconds` is the clip's length; what is too much is cut off later."""
    task, request = task_of(job), job.request
    extra: dict[str, object] = {"task": task, "duration": max(SHORTEST_SECONDS, seconds)}
    left_out = {"negative_prompt", "seconds", "generate_sound"}
    if task == "fl2va":
        extra["frame_indices"] = _frame_indices(request)
        if request.aspect_ratio is None:
            # Then it takes the picture's own shape; told a size, it would squeeze the picture into it.
            left_out.add("size")
    kept = {name: value for name, value in fields.items() if name not in left_out}
    return kept | {"prompt": _labelled(request.prompt), "extra_params": json.dumps(extra)}


def images_in_order(job: Job) -> tuple[MediaRef, ...]:
    """The pictures as they go along: the frame that comes first, first."""
    request = job.request
    if task_of(job) != "fl2va" or not request.image_types:
        return request.images
    by_place = sorted(
        zip(request.images, request.image_types, strict=True), key=lambda one: one[1] is ImageRole.LAST_FRAME
    )
    return tuple(ref for ref, _ in by_place)


def warnings(request: VideoRequest) -> tuple[str, ...]:
    """What is asked and it cannot do."""
    if not request.negative_prompt:
        return ()
    return ("MiniMax-H3 knows no negative prompt; it was not used.",)


def _frame_indices(request: VideoRequest) -> list[int]:
    """Where the pictures belong: 0 is the first frame, -1 the last."""
    if len(request.images) == MOST_FRAMES:
        return [0, -1]
    return [-1] if ImageRole.LAST_FRAME in request.image_types else [0]


def _labelled(prompt: str) -> str:
    """`<<<image_2>>>` as it was taught: `<Picture 2>`."""
    pieces, place = [], 0
    for reference in find_references(prompt):
        word = "Picture" if reference.kind is MediaKind.IMAGE else "Video"
        pieces += [prompt[place : reference.start], f"<{word} {reference.number}>"]
        place = reference.start + len(reference.text)
    return "".join([*pieces, prompt[place:]])
