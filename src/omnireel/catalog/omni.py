"""The rule table that the omni-video models share; a model adds what its duration may be."""

from __future__ import annotations

from omnireel.catalog.conditions import (
    Consequence,
    absent,
    at_most,
    given,
    is_not_true,
    is_true,
    not_given,
    only,
    required,
    when,
)
from omnireel.catalog.fields import choice, choices, flag, media, text, whole
from omnireel.catalog.references import references_name_inputs
from omnireel.catalog.rules import Body, Rule
from omnireel.errors import MissingParameter

PROMPT_LENGTH = 2500
"""Unicode code points."""
MOST_IMAGES = 7
MOST_IMAGES_WITH_VIDEO = 4
MOST_SEED = 2**32 - 1

_FIELDS = (
    text(
        "prompt",
        "What the video shall show, or what shall become of the source video. `<<<image_1>>>` or `@Image1`"
        " names the first entry of `images`, `<<<video_1>>>` or `@Video1` that of `videos`.",
        shortest=1,
        longest=PROMPT_LENGTH,
        required=True,
    ),
    flag("multi_shot", "Whether the model may cut between several shots."),
    choice("shot_type", "Who plans the shots.", ["intelligence"]),
    media(
        "images",
        "Reference pictures: an http(s) URL or Base64 (bare, or as a data: URI) each; jpg, png or webp.",
        most=MOST_IMAGES,
    ),
    media(
        "videos",
        "The source video: an http(s) URL or Base64 (bare, or as a data: URI); mp4, mov or webm.",
        most=1,
    ),
    choice("sound", "Whether the video has sound.", ["on", "off"], default="off"),
    choice("mode", "Quality for time: `std` is 720p, `pro` is 1080p.", ["std", "pro"], default="pro"),
    choice(
        "aspect_ratio",
        "The picture's shape. Absent means 16:9, or the source video's own shape where there is one.",
        ["16:9", "9:16", "1:1"],
    ),
    whole("seed", "Same request, engine and seed, same video.", least=0, most=MOST_SEED),
    text("negative_prompt", "What the video shall not show.", longest=PROMPT_LENGTH),
    choices(
        "image_types",
        "What each picture is for, in the order of `images`.",
        ["first_frame", "last_frame", "reference"],
        most=MOST_IMAGES,
        once=["first_frame", "last_frame"],
    ),
    choice("video_type", "Whether the source video is edited or only followed.", ["edit", "reference"]),
    flag("keep_original_sound", "Whether the source video's own sound is kept."),
)


def _each_image_has_a_type(body: Body) -> None:
    images, kinds = body.get("images"), body.get("image_types")
    if isinstance(images, list) and isinstance(kinds, list) and len(images) != len(kinds):
        must = f"parameter 'image_types' must have one entry per image ({len(images)})"
        raise MissingParameter(f"{must}, got {len(kinds)}")


_CONDITIONS = (
    when(
        is_true("multi_shot"),
        required("shot_type"),
        rule_id="multi-shot-needs-shot-type",
        prose="With `multi_shot` true, `shot_type` is required.",
    ),
    when(
        is_not_true("multi_shot"),
        absent("shot_type"),
        rule_id="shot-type-needs-multi-shot",
        prose="Without `multi_shot`, `shot_type` must be absent.",
    ),
    when(
        given("videos"),
        only("sound", "off"),
        rule_id="videos-sound-off",
        prose="With a source video, `sound` must be `off` or absent.",
    ),
    when(
        given("videos"),
        absent("duration"),
        rule_id="videos-no-duration",
        prose="With a source video, `duration` must be absent: the result is as long as the source.",
    ),
    when(
        given("videos"),
        at_most("images", MOST_IMAGES_WITH_VIDEO),
        rule_id="videos-fewer-images",
        prose=f"With a source video there may be at most {MOST_IMAGES_WITH_VIDEO} images.",
    ),
    when(
        given("image_types"),
        required("images"),
        rule_id="image-types-need-images",
        prose="`image_types` needs `images`.",
    ),
    when(
        given("video_type"),
        required("videos"),
        rule_id="video-type-needs-video",
        prose="`video_type` needs `videos`.",
    ),
    when(
        is_true("keep_original_sound"),
        required("videos"),
        rule_id="original-sound-needs-video",
        prose="`keep_original_sound` needs `videos`.",
    ),
    Rule(
        id="image-types-per-image",
        field="image_types",
        prose="`image_types` has exactly one entry per image.",
        schema=None,
        check=_each_image_has_a_type,
        conditional=True,
    ),
    references_name_inputs(),
)


def omni_rules(length: Consequence, *, prose: str) -> tuple[Rule, ...]:
    """The shared table with a model's own rule on `duration`, which holds where no video sets the length."""
    duration = whole("duration", "Seconds. Must be absent with a source video.", default=5)
    without_video = when(not_given("videos"), length, rule_id="duration-without-video", prose=prose)
    return (*_FIELDS, duration, *_CONDITIONS, without_video)
