"""How the answers of a chain of looks become one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.torch_or_skip import torch

from omnireel.engines.diffusers.bernini.guidance import CHAINS, Look, Projection, Scales, guided
from omnireel.engines.diffusers.bernini.wording import SENTENCES
from omnireel.engines.diffusers.call import Conditioning

SCALES = Scales(video=1.25, image=4.5, text=4.0)
SIGMA = torch.tensor(0.7)


def drawn(seed: int) -> Any:
    return torch.randn((1, 4, 3, 6, 5), generator=torch.Generator().manual_seed(seed))


NOISY, ANSWERS = drawn(0), [drawn(seed) for seed in range(1, 5)]


def test_a_step_has_as_many_forwards_as_the_authors_say() -> None:
    assert {one.value: len(looks) for one, looks in CHAINS.items()} == {
        "text": 2,
        "edit": 2,
        "references": 3,
        "edit_with_references": 4,
    }


def test_every_task_that_has_a_chain_has_a_sentence() -> None:
    assert SENTENCES.keys() == CHAINS.keys()


def test_each_look_sees_more_than_the_one_before() -> None:
    for looks in CHAINS.values():
        seen = [(look.video, look.images, look.prompt) for look in looks]
        assert seen == sorted(set(seen), key=sum)
        assert looks[-1].prompt


def test_what_a_look_adds_has_its_own_scale() -> None:
    looks = CHAINS[Conditioning.EDIT_WITH_REFERENCES]
    none, video, both, read = ANSWERS
    expected = none + 1.25 * (video - none) + 4.5 * (both - video) + 4.0 * (read - both)
    assert torch.equal(guided(looks, ANSWERS, SCALES, NOISY, SIGMA), expected)


def test_scales_of_one_leave_the_last_look_as_it_is() -> None:
    looks = CHAINS[Conditioning.EDIT_WITH_REFERENCES]
    got = guided(looks, ANSWERS, Scales(1.0, 1.0, 1.0), NOISY, SIGMA)
    torch.testing.assert_close(got, ANSWERS[-1])


@pytest.mark.parametrize("conditioning", list(CHAINS))
def test_a_projection_that_keeps_everything_is_plain_guidance(conditioning: Conditioning) -> None:
    looks = CHAINS[conditioning]
    answers = ANSWERS[: len(looks)]
    plain = guided(looks, answers, SCALES, NOISY, SIGMA)
    kept = guided(looks, answers, SCALES, NOISY, SIGMA, Projection(eta=1.0, bound=0.0))
    assert kept.dtype == torch.float32
    torch.testing.assert_close(kept, plain, rtol=1e-5, atol=1e-5)


def test_the_part_along_the_prediction_is_scaled_by_eta() -> None:
    along = drawn(7).double()
    across = Projection(eta=0.0, bound=0.0).of(drawn(8).double(), along)
    inner = (across * along).sum(dim=(1, 3, 4))
    torch.testing.assert_close(inner, torch.zeros_like(inner), atol=1e-12, rtol=0)
    torch.testing.assert_close(Projection(eta=0.5, bound=0.0).of(2.0 * along, along), along)


def test_long_differences_are_brought_down_to_the_bound_frame_by_frame() -> None:
    difference = drawn(9)
    difference[:, :, 0] *= 1000.0
    difference[:, :, 1] *= 0.001
    shortened = Projection(eta=1.0, bound=5.0).of(difference, drawn(10))
    lengths = torch.linalg.vector_norm(shortened, dim=(1, 3, 4))[0]
    assert float(lengths[0]) == pytest.approx(5.0, rel=1e-4)
    torch.testing.assert_close(shortened[:, :, 1], difference[:, :, 1])


def test_frames_where_nothing_changes_stay_numbers() -> None:
    still = Projection(eta=0.5, bound=50.0).of(torch.zeros_like(NOISY), NOISY)
    assert torch.equal(still, torch.zeros_like(NOISY))


def test_projected_guidance_is_laid_over_the_clean_clips() -> None:
    looks = CHAINS[Conditioning.REFERENCES]
    none, seen, read = (NOISY.double() - 0.7 * answer.double() for answer in ANSWERS[:3])
    projection = Projection(eta=0.5, bound=3.0)
    clean = none + 4.5 * projection.of(seen - none, seen) + 4.0 * projection.of(read - seen, read)
    got = guided(looks, ANSWERS[:3], SCALES, NOISY, SIGMA, projection)
    torch.testing.assert_close(got, ((NOISY.double() - clean) / 0.7).float(), rtol=1e-5, atol=1e-5)


def test_a_single_look_needs_no_guidance() -> None:
    look = (Look(prompt=True),)
    got = guided(look, ANSWERS[:1], SCALES, NOISY, SIGMA, Projection(eta=0.5, bound=50.0))
    assert torch.equal(got, ANSWERS[0])
