from __future__ import annotations

import numpy as np
from tests.footage import painting

from omnireel.engines.studio.looks.clay.clay import Clay
from omnireel.engines.studio.looks.clay.kernels import agree, classify, plump, recall, vote
from omnireel.engines.studio.looks.clay.kernels_press import press
from omnireel.engines.studio.looks.clay.rehearsal import rehearse
from omnireel.engines.studio.tracker import tracked

RADIUS = 3


def commonest(labels: np.typing.NDArray[np.uint8], y: int, x: int) -> int:
    """The rule of `vote` in plain words: the commonest label if it leads the pixel's own by three."""
    around = labels[max(0, y - RADIUS) : y + RADIUS + 1, max(0, x - RADIUS) : x + RADIUS + 1]
    counts = np.bincount(around.ravel(), minlength=24)
    own = int(labels[y, x])
    leader = 23 - int(counts[::-1].argmax())
    return leader if counts[leader] > counts[own] + 2 else own


def test_every_pixel_takes_the_commonest_label_around_it() -> None:
    random = np.random.default_rng(5)
    coarse = random.integers(0, 24, (6, 9), np.uint8)
    labels = np.kron(coarse, np.ones((5, 5), np.uint8))
    specks = random.integers(0, 24, labels.shape, np.uint8)
    labels = np.where(random.uniform(size=labels.shape) < 0.2, specks, labels)
    voted = np.empty_like(labels)
    vote(labels, np.zeros_like(labels), RADIUS, voted)
    expected = [[commonest(labels, y, x) for x in range(labels.shape[1])] for y in range(labels.shape[0])]
    assert (voted == expected).all()
    assert (voted != labels).mean() > 0.1


def test_a_detail_that_is_to_be_kept_is_not_voted_away() -> None:
    labels = np.zeros((20, 20), np.uint8)
    labels[10, 10] = 17
    keep = np.where(labels == 17, np.uint8(255), np.uint8(0))
    voted = np.empty_like(labels)
    vote(labels, keep, RADIUS, voted)
    assert voted[10, 10] == 17
    vote(labels, np.zeros_like(keep), RADIUS, voted)
    assert voted[10, 10] == 0


def test_a_rehearsal_loads_the_very_loops_that_clay_will_call() -> None:
    rehearse()
    loops = (classify, agree, plump, recall, vote, press)
    before = [len(loop.signatures) for loop in loops]
    frame = painting(64, 48)
    assert len(list(Clay([frame], (64, 48), 7).apply(tracked([frame] * 2, (64, 48)), threads=1))) == 2
    assert [len(loop.signatures) for loop in loops] == before
