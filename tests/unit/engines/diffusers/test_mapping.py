"""From requests to the passes that make them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnireel.director.direct import direct
from omnireel.engines.diffusers.call import Conditioning
from omnireel.engines.diffusers.mapping import Facts, Plan, canvas_of, kinds_of, plain, plan
from omnireel.engines.diffusers.options import DiffusersOptions, Distilled
from omnireel.engines.diffusers.profile import Profile, profile, profile_names
from omnireel.models import AspectRatio, ImageRole, Job, JobKind, MediaKind, MediaRef, Mode, VideoRequest

VACE = DiffusersOptions(profile="wan-vace-1.3b")
MODEL = "kling/kling-video-o1"
SOURCE = Facts(1920, 1080, 150, Fraction(30))


def pictures(count: int) -> tuple[MediaRef, ...]:
    return tuple(MediaRef(MediaKind.IMAGE, f"blob:{number}") for number in range(count))


VIDEO = (MediaRef(MediaKind.VIDEO, "blob:v"),)


def planned(
    request: VideoRequest, options: DiffusersOptions = VACE, facts: Facts | None = None, seed: int = 7
) -> Plan:
    return plan(Job(request, direct(request)), options, facts, seed)


def test_words_become_one_pass_that_is_cut_to_the_exact_length() -> None:
    made = planned(VideoRequest(MODEL, "a red fox in the snow", aspect_ratio=AspectRatio.WIDE))
    [only] = made.passes
    assert only.call.conditioning is Conditioning.TEXT
    assert (made.frames, only.call.frames, only.keep) == (80, 81, 80)
    assert (only.call.width, only.call.height, only.call.seed) == (832, 480, 7)


def test_ten_seconds_go_on_from_the_last_frames() -> None:
    made = planned(VideoRequest(MODEL, "a red fox in the snow", duration=10))
    first, second, third = made.passes
    assert first.call.conditioning is Conditioning.TEXT
    for later in (second, third):
        assert later.call.conditioning is Conditioning.KEYFRAMES
        assert later.goes_on
    assert {one.call.frames for one in made.passes} == {57}
    assert [one.begin for one in made.passes] == [0, 57, 109]
    assert sum(one.keep for one in made.passes) == made.frames == 160


@pytest.mark.parametrize(
    ("types", "opening", "closing"),
    [
        ((), 1, None),
        ((ImageRole.FIRST_FRAME,), 1, None),
        ((ImageRole.LAST_FRAME,), None, 1),
    ],
)
def test_one_picture_opens_or_closes(
    types: tuple[ImageRole, ...], opening: int | None, closing: int | None
) -> None:
    request = VideoRequest(MODEL, "the clouds drift slowly", images=pictures(1), image_types=types)
    [only] = planned(request, facts=Facts(1200, 800)).passes
    assert only.call.conditioning is Conditioning.KEYFRAMES
    assert (only.opening, only.closing) == (opening, closing)


def test_two_pictures_open_and_close() -> None:
    roles = (ImageRole.FIRST_FRAME, ImageRole.LAST_FRAME)
    request = VideoRequest(MODEL, "the sun sets", images=pictures(2), image_types=roles, duration=10)
    made = planned(request, facts=Facts(1200, 800))
    assert [one.opening for one in made.passes] == [1, None, None]
    assert [one.closing for one in made.passes] == [None, None, 2]


def test_a_model_that_lands_nowhere_says_so() -> None:
    model = VACE.model.model_copy(update={"last_frame": False})
    options = unshipped(model)
    roles = (ImageRole.FIRST_FRAME, ImageRole.LAST_FRAME)
    request = VideoRequest(MODEL, "the sun sets", images=pictures(2), image_types=roles)
    made = planned(request, options, Facts(1200, 800))
    assert made.passes[0].closing is None
    assert made.warnings == ("Wan 2.1 VACE 1.3B lands on no given frame; image 2 was not used.",)


def test_subjects_go_along_as_references_named_in_order() -> None:
    request = VideoRequest(MODEL, "<<<image_2>>> and <<<image_1>>> dance on the beach", images=pictures(2))
    [only] = planned(request, facts=Facts(512, 512)).passes
    assert only.call.conditioning is Conditioning.REFERENCES
    assert only.call.references == len(only.images) == 2
    assert "<<<" not in only.call.prompt
    assert "reference image" in only.call.prompt


def test_more_pictures_than_a_model_takes_are_left_out_and_named() -> None:
    options = unshipped(VACE.model.model_copy(update={"references": 1}))
    request = VideoRequest(MODEL, "<<<image_1>>> and <<<image_2>>> dance", images=pictures(2))
    made = planned(request, options, Facts(512, 512))
    assert made.passes[0].images == (1,)
    assert made.warnings == ("Wan 2.1 VACE 1.3B takes 1 reference pictures; image 2 was not used.",)


def test_a_source_is_followed_in_windows_that_share_their_ends() -> None:
    request = VideoRequest(MODEL, "turn it into clay", videos=VIDEO, duration=None)
    made = planned(request, facts=Facts(1920, 1080, 300, Fraction(30)))
    assert made.frames == 160
    assert {(one.call.conditioning, one.call.frames) for one in made.passes} == {(Conditioning.EDIT, 61)}
    assert [(one.begin, one.keep, one.fade) for one in made.passes] == [(0, 61, 0), (52, 61, 9), (104, 56, 9)]


def test_pictures_beside_a_source_go_along_with_it() -> None:
    request = VideoRequest(
        MODEL, "dress the person like <<<image_1>>>", videos=VIDEO, images=pictures(1), duration=None
    )
    [only] = planned(request, facts=SOURCE).passes
    assert only.call.conditioning is Conditioning.EDIT_WITH_REFERENCES
    assert only.call.prompt == "dress the person like the first reference image"


def test_every_shot_is_a_pass_of_its_own_with_the_same_pictures() -> None:
    request = VideoRequest(
        MODEL,
        "Shot 1: <<<image_1>>> walks in the rain. Shot 2: <<<image_2>>> and <<<image_1>>> sit in a cafe.",
        images=pictures(2),
        multi_shot=True,
        duration=5,
    )
    made = planned(request, facts=Facts(512, 512))
    assert len({one.shot for one in made.passes}) >= 2
    assert [one.call.seed for one in made.passes] == [7 + one.shot for one in made.passes]
    assert all(one.images for one in made.passes)
    assert sum(one.keep for one in made.passes) == made.frames


def test_a_distilled_mode_runs_its_own_steps() -> None:
    fast = Distilled(path=Path("/models/fast.safetensors"), steps=4)
    options = DiffusersOptions(profile="wan-vace-1.3b", std=fast)
    std, pro = (planned(VideoRequest(MODEL, "a fox", mode=mode), options).passes[0].call for mode in Mode)
    assert (std.steps, std.guidance, std.lora) == (4, 1.0, "/models/fast.safetensors")
    assert (pro.steps, pro.lora) == (50, None)


@pytest.mark.parametrize(
    ("prompt", "images", "plainly"),
    [
        ("<<<image_1>>> runs", (1,), "the first reference image runs"),
        ("<<<image_3>>> runs", (1, 3), "the second reference image runs"),
        ("start from <<<image_1>>>", (), "start from the given image"),
        (
            "@Image1 and @图片2 dance",
            (1, 2),
            "the first reference image and the second reference image dance",
        ),
        ("make <<<video_1>>> snowy", (), "make the source video snowy"),
    ],
)
def test_labels_become_words(prompt: str, images: tuple[int, ...], plainly: str) -> None:
    assert plain(prompt, images) == plainly


@pytest.mark.parametrize("name", profile_names())
@pytest.mark.parametrize("aspect", [None, *AspectRatio])
@pytest.mark.parametrize("facts", [None, SOURCE, Facts(700, 1400), Facts(333, 777)])
def test_every_canvas_is_one_the_model_can_make(
    name: str, aspect: AspectRatio | None, facts: Facts | None
) -> None:
    model = profile(name)
    for mode in Mode:
        pace = model.pace(mode)
        request = VideoRequest(MODEL, "a fox", aspect_ratio=aspect, mode=mode)
        width, height = canvas_of(model, pace, request, facts)
        assert width % model.side_multiple == height % model.side_multiple == 0
        assert 0.8 < width * height / (pace.width * pace.height) < 1.25


@pytest.mark.parametrize("name", profile_names())
@given(seconds=st.integers(3, 10), frames=st.integers(36, 600), fps=st.sampled_from([12, 24, 25, 30, 60]))
def test_passes_fill_the_clip_without_gaps_in_legal_counts(
    name: str, seconds: int, frames: int, fps: int
) -> None:
    model = profile(name)
    options = unshipped(model)
    asked = [VideoRequest(MODEL, "a fox runs", duration=seconds)]
    kinds = kinds_of(model)
    if JobKind.EDIT in kinds:
        asked.append(VideoRequest(MODEL, "turn it into clay", videos=VIDEO, duration=None))
    if JobKind.ANIMATE in kinds:
        asked.append(VideoRequest(MODEL, "the clouds drift", images=pictures(1), duration=seconds))
    for request in asked:
        facts = Facts(1280, 720, frames, Fraction(fps)) if request.inputs else None
        made = planned(request, options, facts)
        place = 0
        for one in made.passes:
            assert one.begin + one.fade == place
            place = one.begin + one.keep
            assert one.call.frames == model.legal_frames(one.call.frames) <= model.longest
            assert one.keep + (model.carry if one.goes_on else 0) <= one.call.frames
        assert place == made.frames


class Changed(DiffusersOptions):
    """Options of a profile that is no file."""

    changed: Profile

    @property
    def model(self) -> Profile:
        return self.changed


def unshipped(changed: Profile) -> Changed:
    return Changed(profile="wan-vace-1.3b", changed=changed, accept_licence=True)


def test_options_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="no model profile is called 'wam'"):
        DiffusersOptions(profile="wam")


def test_the_same_job_is_planned_alike() -> None:
    request = VideoRequest(MODEL, "a fox runs", duration=10)
    assert planned(request) == planned(request)
    assert planned(request) != planned(replace(request, mode=Mode.STD))
