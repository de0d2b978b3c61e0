"""The rule that a prompt names only inputs which were sent."""

from __future__ import annotations

from omnireel.catalog.rules import Body, Rule
from omnireel.catalog.wording import LONGEST_QUOTE
from omnireel.errors import MissingParameter
from omnireel.models import MediaKind
from omnireel.references import Reference, missing_references


def references_name_inputs() -> Rule:
    """Only the server judges this: JSON Schema cannot count a list against a number inside a string."""
    return Rule(
        id="references-name-inputs",
        field="prompt",
        prose="Every `<<<image_N>>>`, `@ImageN`, `<<<video_N>>>` or `@VideoN` names an input that was sent.",
        schema=None,
        check=_check,
        conditional=True,
    )


def _check(body: Body) -> None:
    images, videos = _count(body.get("images")), _count(body.get("videos"))
    for missing in missing_references(str(body["prompt"]), images=images, videos=videos):
        raise MissingParameter(_complaint(missing, images if missing.kind is MediaKind.IMAGE else videos))


def _complaint(missing: Reference, sent: int) -> str:
    mention = missing.text if len(missing.text) <= LONGEST_QUOTE else f"an {missing.kind}"
    verb = "entry was" if sent == 1 else "entries were"
    return f"parameter 'prompt' refers to {mention}, but {sent or 'no'} {verb} sent in '{missing.kind}s'"


def _count(entries: object) -> int:
    return len(entries) if isinstance(entries, list) else 0
