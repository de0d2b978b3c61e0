"""The model profiles that come with the package."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from omnireel.engines.diffusers.call import Conditioning
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.profile import Family, Plan, Profile, profile, profile_names
from omnireel.models import Mode
from omnireel.testing.tiny_models import PROFILES, REPOSITORIES, TinyModel

RATES = {Family.WAN: (4, 1), Family.WAN_VACE: (4, 1), Family.BERNINI: (4, 1), Family.LTX2: (8, 1)}
"""Frames that a family's video autoencoder folds into one, and those it keeps alone at the beginning."""


@pytest.fixture(params=profile_names())
def shipped(request: pytest.FixtureRequest) -> Profile:
    return profile(request.param)


def test_there_is_one_for_every_model_we_say_we_run() -> None:
    assert {
        "ltx-2.3",
        "ltx-2.5",
        "wan-vace-1.3b",
        "wan-vace-14b",
        "wan2.2-a14b",
        "wan2.2-ti2v-5b",
    } <= set(profile_names())


def test_its_clips_have_the_lengths_that_its_family_can_make(shipped: Profile) -> None:
    assert (shipped.frame_step, shipped.frame_offset) == RATES[shipped.family]
    assert shipped.legal_frames(shipped.longest) == shipped.longest
    assert shipped.legal_frames(shipped.carry) == shipped.carry


def test_it_makes_five_seconds_in_one_pass(shipped: Profile) -> None:
    assert shipped.legal_frames(5 * shipped.fps) <= shipped.longest


@pytest.mark.parametrize("mode", list(Mode))
def test_its_sides_are_ones_that_it_makes(shipped: Profile, mode: Mode) -> None:
    pace = shipped.pace(mode)
    assert pace.width > pace.height
    assert pace.width % shipped.side_multiple == pace.height % shipped.side_multiple == 0


def test_pro_is_no_smaller_and_no_hastier_than_std(shipped: Profile) -> None:
    assert shipped.pro.width * shipped.pro.height >= shipped.std.width * shipped.std.height
    assert shipped.pro.steps >= shipped.std.steps


def test_eight_bits_take_less_of_the_gpu_and_moving_the_parts_takes_least(shipped: Profile) -> None:
    needs = shipped.memory_gib
    assert set(needs) == set(Plan)
    assert needs[Plan.OFFLOAD] <= needs[Plan.LAYERWISE_FP8] < needs[Plan.RESIDENT]


def test_every_conditioning_has_one_repository(shipped: Profile) -> None:
    does = [one for weights in shipped.weights for one in weights.does]
    assert len(does) == len(set(does))


def test_references_are_taken_by_those_that_do_something_with_them(shipped: Profile) -> None:
    with_references = {Conditioning.REFERENCES, Conditioning.EDIT_WITH_REFERENCES}
    does = {one for weights in shipped.weights for one in weights.does}
    assert bool(shipped.references) == bool(does & with_references)


@pytest.mark.parametrize("name", ["ltx-2.3", "ltx-2.3-distilled", "ltx-2.5"])
def test_a_licence_with_conditions_wants_a_yes(name: str) -> None:
    with pytest.raises(ValidationError, match=r"\$10M.*accept_licence = true"):
        DiffusersOptions(profile=name)
    assert DiffusersOptions(profile=name, accept_licence=True).model.sound


@pytest.mark.parametrize("model", TinyModel)
def test_tiny_profiles_are_read_like_the_others(model: TinyModel) -> None:
    import tomllib

    read = Profile.model_validate(tomllib.loads(PROFILES[model]))
    assert tuple(one.repo for one in read.weights) == REPOSITORIES[model]
