"""Places, seasons, relations, sizes and lettering, read back from small painted frames."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from omnireel.engines.studio.picture.raster import fetched, pixel_grid
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.lettering import kind_of
from omnireel.engines.studio.scenery.places import PLACES
from omnireel.engines.studio.scenery.script import ShotScript
from omnireel.engines.studio.scenery.shot import ShotPainter
from omnireel.engines.studio.scenery.typeface import set_lines, unset, wrapped
from omnireel.models import CameraMove, Framing, Position, Relation, Shot, Subject, TimeOfDay

SIZE = (192, 108)
Box = tuple[float, float, float, float]


def painted(shot: Shot, number: int = 12, size: tuple[int, int] = SIZE) -> tuple[Bytes, Bytes]:
    script = ShotScript.of(shot, lambda _: None, lambda _: None)
    return ShotPainter(script, size=size, frames=24, seed=4).paint(number)


def box_of(ids: Bytes, mark: int) -> Box:
    """Left, top, right, bottom of a member."""
    rows, columns = np.nonzero(ids == mark)
    assert len(rows), f"member {mark} is not to be seen"
    return float(columns.min()), float(rows.min()), float(columns.max()), float(rows.max())


def related(position: Position, who: str = "cat", to: str = "bench") -> tuple[Box, Box]:
    subjects = (Subject(who, relation=Relation(position, (to,))), Subject(to))
    _, ids = painted(Shot("", place="park", subjects=subjects, camera=CameraMove.STATIC))
    return box_of(ids, 1), box_of(ids, 2)


def middle(box: Box) -> float:
    return (box[0] + box[2]) / 2


def test_the_director_knows_every_place_and_every_place_has_a_set() -> None:
    lines = (files("omnireel.director") / "lexicon" / "places.txt").read_text(encoding="utf-8").splitlines()
    named = {line.split(" = ")[0] for line in lines if " = " in line}
    assert named == set(PLACES)
    assert len(PLACES) >= 24


@pytest.mark.parametrize("size", [(192, 108), (108, 192), (128, 128)])
@pytest.mark.parametrize("place", ["harbour", "farm", "moon", "kitchen", "sky", "jungle"])
def test_a_place_is_furnished_in_every_shape_of_picture(place: str, size: tuple[int, int]) -> None:
    frame, _ = painted(Shot("", place=place), size=size)
    assert frame.shape == (size[1], size[0], 3)
    assert len(np.unique(frame.reshape(-1, 3) >> 5, axis=0)) > 10


def test_winter_is_white_and_autumn_is_red() -> None:
    def mean(prompt: str) -> tuple[float, float, float]:
        blue, green, red = painted(Shot(prompt, place="park"))[0][55:].reshape(-1, 3).mean(axis=0).tolist()
        return blue, green, red

    summer, autumn, winter = mean("a park"), mean("a park in autumn"), mean("冬天的公园")
    assert min(winter) > 1.3 * min(summer)
    assert autumn[2] / autumn[1] > 1.2 * summer[2] / summer[1]


def test_spring_lets_trees_blossom() -> None:
    plain, _ = painted(Shot("", place="meadow"))
    spring, _ = painted(Shot("in spring", place="meadow"))

    def pink(frame: Bytes) -> float:
        blue, green, red = (frame[..., n].astype(np.int16) for n in range(3))
        return float(((red > green + 30) & (blue > green + 10)).mean())

    assert pink(spring) > 2 * pink(plain) + 0.01


def test_what_the_cast_brings_the_place_leaves_out() -> None:
    alone = ShotScript.of(Shot("", place="harbour"), lambda _: None, lambda _: None)
    shot = Shot("", place="harbour", subjects=(Subject("lighthouse"),))
    with_one = ShotScript.of(shot, lambda _: None, lambda _: None)
    props = [len(ShotPainter(s, size=SIZE, frames=2, seed=4).stage.props) for s in (alone, with_one)]
    assert props[1] == props[0] - 1


def test_who_is_on_a_thing_has_its_feet_on_it() -> None:
    cat, bench = related(Position.ON)
    assert bench[0] <= middle(cat) <= bench[2]
    assert bench[1] < cat[3] < bench[3]


def test_who_is_above_hangs_over_it() -> None:
    bird, house = related(Position.ABOVE, "butterfly", "barn")
    assert house[0] <= middle(bird) <= house[2]
    assert bird[3] < house[1] + 0.15 * (house[3] - house[1])


def test_who_is_under_is_sheltered() -> None:
    dog, tree = related(Position.UNDER, "dog", "tree")
    assert tree[0] < middle(dog) < tree[2]
    assert tree[1] < dog[1] < dog[3]


def test_left_is_left_and_right_is_right() -> None:
    left, anchor = related(Position.LEFT_OF, "cat", "robot")
    assert left[2] < anchor[0]
    right, anchor = related(Position.RIGHT_OF, "cat", "robot")
    assert anchor[2] < right[0]


def test_behind_is_further_and_in_front_is_nearer() -> None:
    cat, barn = related(Position.BEHIND, "horse", "car")
    assert cat[3] < barn[3]
    cat, barn = related(Position.IN_FRONT_OF, "cat", "barn")
    assert cat[3] > barn[3]


def test_between_has_one_on_either_side() -> None:
    between = Relation(Position.BETWEEN, ("cow", "horse"))
    subjects = (Subject("sheep", relation=between), Subject("cow"), Subject("horse"))
    _, ids = painted(Shot("", place="meadow", subjects=subjects, camera=CameraMove.STATIC))
    sheep, cow, horse = (middle(box_of(ids, mark)) for mark in (1, 2, 3))
    assert min(cow, horse) < sheep < max(cow, horse)


def test_related_members_stay_within_the_picture() -> None:
    for position in Position:
        for box in related(position, "elephant", "car"):
            assert box[0] > 0
            assert box[2] < SIZE[0] - 1
            assert box[1] > 0


def test_who_chases_runs_behind() -> None:
    subjects = (Subject("fox", action="chase"), Subject("rabbit"))
    _, ids = painted(Shot("", place="snowfield", subjects=subjects))
    assert middle(box_of(ids, 1)) < middle(box_of(ids, 2))


def test_a_size_word_changes_the_size() -> None:
    def area(size: str | None) -> int:
        subject = Subject("dog", size=size)
        return int((painted(Shot("", place="meadow", subjects=(subject,)))[1] == 1).sum())

    assert 1.8 * area("tiny") < area(None)
    assert area("giant") > 1.7 * area(None)


def test_quoted_text_is_set_on_a_board_in_the_scene() -> None:
    bare, _ = painted(Shot("a sign", place="beach", camera=CameraMove.STATIC))
    lettered, _ = painted(Shot("a sign", place="beach", camera=CameraMove.STATIC, lettering=("OPEN",)))
    changed = np.abs(bare.astype(np.int16) - lettered).max(axis=2) > 40
    columns = np.flatnonzero(changed.any(axis=0))
    assert changed.sum() > 150
    assert columns[0] > 0
    assert columns[-1] < SIZE[0] - 1


def test_a_title_lies_over_the_upper_part_of_the_picture() -> None:
    bare, _ = painted(Shot("with the title", place="space"), number=23)
    titled, _ = painted(Shot("with the title", place="space", lettering=("出发",)), number=23)
    rows = np.flatnonzero((np.abs(bare.astype(np.int16) - titled).max(axis=2) > 60).any(axis=1))
    assert len(rows) > 5
    assert rows[-1] < SIZE[1] / 3


def test_latin_and_chinese_have_letters_and_what_has_none_is_named() -> None:
    assert unset("OPEN 24h, Éclair! 欢迎光临,营业中") == ""
    assert unset("ok ☃ ☃") == "☃"
    warned: list[str] = []
    ShotScript.of(Shot("", place="beach", lettering=("ok ☃",)), lambda _: None, warned.append)
    assert any("☃" in text for text in warned)


def test_different_letters_have_different_shapes() -> None:
    a, b = set_lines(["OPEN"], 40), set_lines(["SHUT"], 40)
    assert a.max() == 255
    assert a.shape != b.shape or not np.array_equal(a, b)


def test_lines_break_between_words_and_anywhere_in_chinese() -> None:
    assert wrapped("Welcome to the farm", 10) == ["Welcome to", "the farm"]
    assert wrapped("欢迎光临本店", 6) == ["欢迎光", "临本店"]


def test_what_a_text_is_set_on_follows_the_words_and_the_place() -> None:
    assert kind_of("a neon sign", "street", "land") == "neon"
    assert kind_of("标题", "beach", "land") == "title"
    assert kind_of("a sign", "kitchen", "inside") == "banner"
    assert kind_of("a sign", "farm", "land") == "board"


def test_a_close_shot_puts_the_distance_out_of_focus() -> None:
    def detail(framing: Framing) -> float:
        frame, _ = painted(Shot("", place="city", framing=framing, camera=CameraMove.STATIC), size=(384, 216))
        above = frame[20:90].astype(np.float32)
        return float(np.abs(np.diff(above, axis=1)).mean())

    assert detail(Framing.CLOSE) < 0.75 * detail(Framing.WIDE)


def test_northern_lights_bring_the_night() -> None:
    day, _ = painted(Shot("", place="arctic", subjects=(Subject("penguin"),)))
    lights, _ = painted(Shot("", place="arctic", subjects=(Subject("penguin"), Subject("aurora"))))
    evening, _ = painted(Shot("", place="arctic", subjects=(Subject("aurora"),), time_of_day=TimeOfDay.DAY))
    assert lights.mean() < 0.6 * day.mean()
    assert evening.mean() > 1.4 * lights.mean()


@pytest.mark.parametrize(
    ("place", "camera"),
    [("meadow", CameraMove.PAN_LEFT), ("city", CameraMove.ORBIT), ("kitchen", CameraMove.PAN_RIGHT)],
)
def test_a_frame_is_the_one_before_it_moved_as_the_engine_says(place: str, camera: CameraMove) -> None:
    script = ShotScript.of(Shot("", place=place, camera=camera), lambda _: None, lambda _: None)
    painter = ShotPainter(script, size=(320, 180), frames=24, seed=4)
    before, now = (painter.paint(n)[0].astype(np.float32) for n in (11, 12))
    flow = painter.motion(12).on((320, 180)).flow
    came_from = (pixel_grid((320, 180)) + flow).astype(np.float32)
    moved = fetched(before, came_from[..., 0], came_from[..., 1])
    assert np.abs(moved - now).mean() < 0.6 * np.abs(before - now).mean()


def test_motion_begins_with_a_cut_and_tells_members_apart() -> None:
    shot = Shot("", place="meadow", subjects=(Subject("cow"), Subject("sheep")))
    script = ShotScript.of(shot, lambda _: None, lambda _: None)
    painter = ShotPainter(script, size=(320, 180), frames=24, seed=4)
    assert painter.motion(0).cut
    later = painter.motion(5)
    assert not later.cut
    assert later.ids is not None
    assert {1, 2} <= set(np.unique(later.ids).tolist())


def test_a_dolly_zoom_keeps_the_subject_and_widens_the_world() -> None:
    shot = Shot("", place="street", subjects=(Subject("robot"),), camera=CameraMove.DOLLY_ZOOM)
    script = ShotScript.of(shot, lambda _: None, lambda _: None)
    painter = ShotPainter(script, size=(320, 180), frames=24, seed=4)
    tall = [box_of(painter.paint(n)[1], 1) for n in (0, 23)]
    heights = [box[3] - box[1] for box in tall]
    assert abs(heights[1] / heights[0] - 1) < 0.10
    flow = painter.motion(12).on((320, 180)).flow[10:60]
    columns = np.arange(320, dtype=np.float32)
    assert float(np.polyfit(columns, flow[..., 0].mean(axis=0), 1)[0]) > 0.001


def test_a_handheld_camera_never_quite_rests() -> None:
    script = ShotScript.of(Shot("", place="park", camera=CameraMove.HANDHELD), lambda _: None, lambda _: None)
    painter = ShotPainter(script, size=(320, 180), frames=48, seed=4)
    shifts = np.array([painter.motion(n).flow[:20].mean(axis=(0, 1)) for n in range(1, 48, 4)])
    assert (np.abs(shifts).max(axis=0) > 0.01).all()
    assert (np.sign(shifts).min(axis=0) < 0).all()
    assert (np.sign(shifts).max(axis=0) > 0).all()
