"""The pictures whose style a clip borrows."""

from __future__ import annotations

from omnireel.engines.base import Run
from omnireel.media.frames import Frame
from omnireel.media.image import load_image
from omnireel.media.sniff import sniff
from omnireel.models import Job, MediaKind


def style_pictures(job: Job, run: Run) -> list[Frame]:
    """The pictures of `storyboard.style_images`, decoded. Raises InvalidMedia for one that cannot be."""
    paths = [run.open(job.request.images[number - 1]) for number in job.storyboard.style_images]
    return [load_image(path, sniff(path, kind=MediaKind.IMAGE).format) for path in paths]
