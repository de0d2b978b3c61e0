"""The constants of a profile."""

from __future__ import annotations

import pytest

from omnireel.engines.diffusers.bernini.numbers import Numbers
from omnireel.engines.diffusers.profile import Family, profile, profile_names
from omnireel.errors import EngineUnavailable

OURS = [name for name in profile_names() if profile(name).family is Family.BERNINI]


def test_both_sizes_come_with_us() -> None:
    assert OURS == ["bernini-r-1.3b", "bernini-r-14b"]


@pytest.mark.parametrize("name", OURS)
def test_our_profiles_give_every_number(name: str) -> None:
    numbers = Numbers.of(profile(name).numbers)
    assert (numbers.expert_boundary, numbers.low_noise_scale) == (875, 0.8)
    assert (numbers.video_guidance, numbers.image_guidance) == (1.25, 4.5)
    assert (numbers.projection_eta, numbers.projection_bound) == (0.5, 50.0)
    assert (profile(name).pro.steps, profile(name).pro.shift, profile(name).pro.guidance) == (40, 3.0, 4.0)


def test_a_number_that_is_missing_or_unknown_is_named() -> None:
    numbers = dict(profile(OURS[0]).numbers)
    with pytest.raises(EngineUnavailable, match="momentum"):
        Numbers.of({**numbers, "momentum": 0.0})
    del numbers["image_guidance"]
    with pytest.raises(EngineUnavailable, match="image_guidance"):
        Numbers.of(numbers)
