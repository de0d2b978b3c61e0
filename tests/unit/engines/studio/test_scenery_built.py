"""What is drawn here: things from recipes, and their moving parts."""

from __future__ import annotations

import numpy as np
import pytest

from omnireel.engines.studio.scenery.built.cycle import DRAWINGS, cycle_of
from omnireel.engines.studio.scenery.built.workshop import Figure, built, built_names
from omnireel.engines.studio.scenery.cast import roles_for
from omnireel.engines.studio.scenery.light import light_for
from omnireel.engines.studio.scenery.motion import gait_for
from omnireel.models import Subject, TimeOfDay, Weather

DAY = light_for(TimeOfDay.DAY, Weather.CLEAR)


def figure(noun: str) -> Figure:
    found = built(noun)
    assert found is not None
    return found


@pytest.mark.parametrize("noun", sorted(built_names())[::4])
def test_a_recipe_becomes_a_solid_picture(noun: str) -> None:
    picture = figure(noun).picture
    solid = (picture[..., 3] > 200).mean()
    colours = picture[picture[..., 3] > 200][:, :3]
    assert min(picture.shape[:2]) > 40
    assert solid > 0.04 or noun in ("aurora", "northern lights")
    assert len(np.unique(colours >> 4, axis=0)) > 8 or noun in ("aurora", "northern lights")


def test_every_recipe_names_a_nature_and_a_height() -> None:
    for noun in built_names():
        art = figure(noun).art
        assert 0.1 < art.metres < 60
        assert art.facing in ("left", "right", "front", "up")
        assert gait_for(art.motion, None)[1]


def test_a_windmill_turns_its_blades_and_not_its_tower() -> None:
    drawings = cycle_of(figure("windmill"), DAY, 1.0)
    assert len(drawings) == DRAWINGS
    first, later = (drawings[n].levels[0].astype(np.int16) for n in (0, DRAWINGS // 2))
    changed = np.abs(first - later).max(axis=2) > 24
    third = changed.shape[0] // 3
    assert changed[:third].mean() > 0.05
    assert changed[-third // 2 :].mean() < 0.002


def test_a_cycle_ends_where_it_began() -> None:
    for noun in ("ferris wheel", "wind turbine", "fox"):
        drawings = [drawing.levels[0].astype(np.int16) for drawing in cycle_of(figure(noun), DAY, 1.0)]
        steps = [np.abs(a - b).mean() for a, b in zip(drawings, [*drawings[1:], drawings[0]], strict=True)]
        assert steps[-1] < 2 * max(steps[:-1])
        assert min(steps) > 0


def test_what_does_not_move_is_one_drawing() -> None:
    assert len(cycle_of(figure("pagoda"), DAY, 1.0)) == 1


def test_night_darkens_a_house_and_leaves_its_fire_bright() -> None:
    night = light_for(TimeOfDay.NIGHT, Weather.CLEAR)

    def brightest(noun: str) -> float:
        return float(np.percentile(cycle_of(figure(noun), night, 1.0)[0].levels[0][..., :3].max(axis=2), 99))

    assert brightest("campfire") > 250
    assert brightest("haystack") < 235


def test_a_colour_that_is_part_of_a_name_is_not_painted_over_it() -> None:
    warned: list[str] = []
    subjects = (Subject("fox", colour="red"), Subject("barn", colour="blue"))
    (fox, _), (barn, _) = roles_for(subjects, lambda _: None, warned.append)
    assert fox.art.name == "fox"
    assert not warned
    assert np.array_equal(fox.picture, figure("fox").picture)
    assert not np.array_equal(barn.picture, figure("barn").picture)


def test_a_word_nobody_drew_is_not_built() -> None:
    assert built("quetzalcoatlus") is None
