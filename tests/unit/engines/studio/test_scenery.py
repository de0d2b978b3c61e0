"""The stage itself: places, casts, cameras and weather, measured on frames and on masks of who is where."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from importlib.resources import as_file, files
from itertools import combinations

import cv2
import numpy as np
import pytest

from omnireel.engines.studio.scenery import limbs
from omnireel.engines.studio.scenery.arrays import Bytes
from omnireel.engines.studio.scenery.art import art_named, find_art, pixels
from omnireel.engines.studio.scenery.built.workshop import built_names
from omnireel.engines.studio.scenery.cutout import cut_out, framed
from omnireel.engines.studio.scenery.emoji import read_emoji
from omnireel.engines.studio.scenery.homes import homes
from omnireel.engines.studio.scenery.motion import GAITS, gait_for, paced, pose_at
from omnireel.engines.studio.scenery.places import PLACES
from omnireel.engines.studio.scenery.script import ShotScript
from omnireel.engines.studio.scenery.shot import ShotPainter
from omnireel.engines.studio.scenery.sprite import enlarged, premultiplied, recoloured
from omnireel.models import CameraMove, Framing, Shot, Subject, TimeOfDay, Weather

SIZE = (256, 144)
SHAPES = ((256, 144), (144, 256), (192, 192))
FRAMES = 48


def script(shot: Shot, warnings: list[str] | None = None) -> ShotScript:
    return ShotScript.of(shot, lambda _: None, (warnings if warnings is not None else []).append)


def painter(shot: Shot, *, size: tuple[int, int] = SIZE, seed: int = 2) -> ShotPainter:
    return ShotPainter(script(shot), size=size, frames=FRAMES, seed=seed)


def picture(shot: Shot, number: int = 10, *, size: tuple[int, int] = SIZE) -> Bytes:
    return painter(shot, size=size).paint(number)[0]


def luma(frame: Bytes) -> float:
    return float(frame.mean())


@pytest.fixture(scope="module")
def empty_stages() -> dict[str, Bytes]:
    """A frame of every place with nobody in it."""
    return {name: picture(Shot("", place=name)) for name in PLACES}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_no_place_is_empty(empty_stages: dict[str, Bytes], place: str) -> None:
    frame = empty_stages[place]
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    rows = grey.reshape(4, 36, 256).std(axis=(1, 2))
    assert frame.std() > 18
    assert (rows > 1.5).sum() >= 3
    assert 15 < luma(frame) < 245


def test_every_place_looks_like_itself_only(empty_stages: dict[str, Bytes]) -> None:
    seen = {
        name: cv2.resize(frame, (16, 9), interpolation=cv2.INTER_AREA).astype(np.float32)
        for name, frame in empty_stages.items()
    }
    alike = [
        (one, other)
        for one, other in combinations(sorted(seen), 2)
        if np.abs(seen[one] - seen[other]).mean() < 6
    ]
    assert alike == []


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize(
    ("noun", "place"),
    [
        ("dog", "beach"), ("butterfly", "meadow"), ("elephant", "desert"), ("car", "neon-city"),
        ("rocket", "space"), ("sailboat", "sea"), ("fish", "underwater"), ("castle", "mountains"),
        ("cat", "room"),
    ],
)  # fmt: skip
def test_a_lone_subject_is_whole_and_at_least_two_percent_of_the_picture(
    noun: str, place: str, size: tuple[int, int]
) -> None:
    shot = painter(Shot("", place=place, subjects=(Subject(noun),)), size=size)
    shares = []
    for number in (0, FRAMES // 2, FRAMES - 1):
        mask = shot.paint(number)[1] == 1
        shares.append(float(mask.mean()))
        edges = np.concatenate([mask[0], mask[:, 0], mask[:, -1]])
        assert not edges.any()
    assert max(shares) >= 0.02
    assert min(shares) >= 0.012


def test_everybody_asked_for_is_there() -> None:
    mask = painter(Shot("", place="snowfield", subjects=(Subject("penguin", count=5),))).paint(20)[1]
    assert sorted(np.unique(mask[mask > 0])) == [1, 2, 3, 4, 5]
    assert all(float((mask == mark).mean()) > 0.008 for mark in range(1, 6))


def test_a_crowd_is_limited_and_the_limit_named() -> None:
    warnings: list[str] = []
    roles = script(Shot("", place="meadow", subjects=(Subject("sheep", count=24),)), warnings).roles
    assert sum(count for _, count in roles) == 12
    assert any("12" in warning for warning in warnings)


def test_a_close_shot_shows_the_subject_larger_than_a_wide_one() -> None:
    def share(framing: Framing) -> float:
        shot = Shot("", place="forest", subjects=(Subject("bear"),), framing=framing)
        return float((painter(shot).paint(5)[1] == 1).mean())

    assert share(Framing.CLOSE) > 1.3 * share(Framing.MEDIUM) > 1.5 * share(Framing.WIDE)


@pytest.mark.parametrize("place", ["beach", "city", "forest", "snowfield"])
def test_night_is_darker_than_day(place: str) -> None:
    day = picture(Shot("", place=place, time_of_day=TimeOfDay.DAY))
    night = picture(Shot("", place=place, time_of_day=TimeOfDay.NIGHT))
    assert luma(night) < 0.7 * luma(day)


def test_sunset_is_warmer_than_day() -> None:
    def warmth(time: TimeOfDay) -> float:
        frame = picture(Shot("", place="sea", time_of_day=time)).astype(np.float32)
        return float((frame[..., 2] - frame[..., 0]).mean())

    assert warmth(TimeOfDay.GOLDEN_HOUR) > warmth(TimeOfDay.DAY) + 30


def test_fog_takes_contrast_away_from_the_distance() -> None:
    def contrast(weather: Weather) -> float:
        return float(picture(Shot("", place="forest", weather=weather))[20:70].std())

    assert contrast(Weather.FOG) < 0.8 * contrast(Weather.CLEAR)


@pytest.mark.parametrize("weather", [Weather.RAIN, Weather.SNOW])
def test_what_falls_moves_from_frame_to_frame(weather: Weather) -> None:
    def change(kind: Weather) -> float:
        shot = painter(Shot("", place="desert", weather=kind, camera=CameraMove.STATIC))
        a, b = shot.paint(10)[0].astype(np.int16), shot.paint(12)[0]
        return float((np.abs(a - b).max(axis=2) > 12).mean())

    assert change(weather) > change(Weather.CLOUDY) + 0.01


def test_lightning_brightens_a_storm_now_and_then() -> None:
    shot = ShotPainter(
        script(Shot("", place="sea", weather=Weather.STORM)), size=(96, 64), frames=240, seed=1
    )
    levels = [luma(shot.paint(number)[0]) for number in range(0, 240, 2)]
    assert max(levels) > 1.15 * float(np.median(levels))


def zoom_between(shot: Shot) -> float:
    """Growth of the subject's outline from the first frame to the last."""
    made = painter(shot)
    heights = []
    for number in (0, FRAMES - 1):
        rows = np.flatnonzero((made.paint(number)[1] == 1).any(axis=1))
        heights.append(rows[-1] - rows[0] + 1)
    return float(heights[1] / heights[0])


def test_a_push_in_reads_as_a_zoom_and_a_pull_out_as_its_opposite() -> None:
    scene = Shot("", place="desert", subjects=(Subject("cactus"),))
    assert zoom_between(replace(scene, camera=CameraMove.PUSH_IN)) > 1.2
    assert zoom_between(replace(scene, camera=CameraMove.PULL_OUT)) < 0.85


def column_of(made: ShotPainter, number: int) -> float:
    return float(np.argwhere(made.paint(number)[1] == 1)[:, 1].mean())


@pytest.mark.parametrize(("camera", "side"), [(CameraMove.PAN_LEFT, 1), (CameraMove.PAN_RIGHT, -1)])
def test_panning_moves_the_scene_the_other_way(camera: CameraMove, side: int) -> None:
    made = painter(Shot("", place="desert", subjects=(Subject("cactus"),), camera=camera))
    assert side * (column_of(made, FRAMES - 1) - column_of(made, 0)) > 25


def test_a_tilt_up_lowers_the_scene() -> None:
    made = painter(Shot("", place="desert", subjects=(Subject("cactus"),), camera=CameraMove.TILT_UP))
    first, last = (np.argwhere(made.paint(n)[1] == 1)[:, 0].mean() for n in (0, FRAMES - 1))
    assert last > first + 10


def test_an_orbit_keeps_the_subject_and_moves_the_background() -> None:
    made = painter(Shot("", place="forest", subjects=(Subject("mushroom"),), camera=CameraMove.ORBIT))
    assert abs(column_of(made, FRAMES - 1) - column_of(made, 0)) < 20
    assert np.abs(made.paint(0)[0].astype(np.int16) - made.paint(FRAMES - 1)[0]).mean() > 8


def test_a_running_dog_stays_in_view_while_the_world_goes_by() -> None:
    made = painter(Shot("", place="beach", subjects=(Subject("dog", action="run"),)))
    assert made.cast.pace > 0.5
    assert all(30 < column_of(made, number) < 226 for number in (0, 20, FRAMES - 1))


def test_under_a_fixed_camera_a_runner_crosses_the_picture() -> None:
    shot = Shot("", place="beach", subjects=(Subject("dog", action="run"),), camera=CameraMove.STATIC)
    made = painter(shot)
    assert column_of(made, FRAMES - 1) > column_of(made, 0) + 50


def test_a_rocket_leaves_the_ground() -> None:
    made = ShotPainter(
        script(Shot("", place="city", subjects=(Subject("rocket", action="launch"),))),
        size=SIZE,
        frames=120,
        seed=2,
    )
    road = [float(made.paint(number)[0][120:].mean()) for number in (0, 119)]
    assert made.paint(119)[1].any()
    assert abs(road[0] - road[1]) > 5


def test_a_boat_is_mirrored_in_the_water_under_it() -> None:
    def below(subjects: tuple[Subject, ...]) -> Bytes:
        return painter(Shot("", place="lake", subjects=subjects)).paint(10)[0][90:120]

    boat = below((Subject("sailboat", colour="red"),)).astype(np.int16)
    assert np.abs(boat - below(())).mean() > 1.0


def test_a_frame_depends_on_its_number_alone() -> None:
    shot = Shot("", place="neon-city", subjects=(Subject("car"),), weather=Weather.RAIN)
    first, second = painter(shot), painter(shot)
    second.paint(3)
    assert np.array_equal(first.paint(30)[0], second.paint(30)[0])


def test_every_home_is_a_place_and_everything_at_home_has_a_picture() -> None:
    assert set(homes().values()) <= set(PLACES)
    pictures = {found.art.name for name in homes() if (found := find_art(name))} | built_names()
    assert sorted(set(homes()) - pictures) == []


def test_shots_in_one_place_share_its_set() -> None:
    wide = painter(Shot("", place="forest", framing=Framing.WIDE)).stage.props
    close = painter(Shot("", place="forest", framing=Framing.CLOSE, subjects=(Subject("fox"),))).stage.props
    assert [prop.x for prop in wide] == [prop.x for prop in close]


@pytest.mark.parametrize(
    ("noun", "place"),
    [
        ("fish", "underwater"), ("rocket", "space"), ("penguin", "snowfield"), ("camel", "desert"),
        ("sailboat", "sea"), ("car", "city"), ("dog", "meadow"), ("pizza", "room"), ("duck", "lake"),
        ("lighthouse", "cliff"), ("tent", "forest"), ("fireworks", "meadow"), ("windmill", "farm"),
    ],
)  # fmt: skip
def test_a_subject_without_a_place_finds_its_home(noun: str, place: str) -> None:
    assert script(Shot("", subjects=(Subject(noun),))).place_name == place


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("golden retriever", "dog"), ("Penguins", "penguin"), ("two wolves", "wolf"),
        ("sports car", "racing car"),
        ("butterflies", "butterfly"), ("leaves", "leaf"), ("women", "woman"), ("hot air balloon", "balloon"),
    ],
)  # fmt: skip
def test_words_lead_to_pictures(words: str, name: str) -> None:
    found = find_art(words)
    assert found
    assert found.exact
    assert found.art.name == name


def test_a_word_that_only_comes_close_is_marked_so() -> None:
    found = find_art("quokka")
    assert found
    assert found.art.name == "kangaroo"
    assert not found.exact


def test_a_running_person_is_drawn_running() -> None:
    found = find_art("woman", "run")
    assert found
    assert found.art.name == "woman@run"


def test_a_word_nobody_knows_leads_nowhere() -> None:
    assert find_art("quaternion") is None
    assert find_art("") is None
    assert find_art("🤖 机器人") is None


def test_the_art_pack_is_complete_and_licensed() -> None:
    folder = files("omnireel.engines.studio") / "assets" / "art"
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    with as_file(folder / "fluent.zip") as path, zipfile.ZipFile(path) as pack:
        names = set(pack.namelist())
        assert path.stat().st_size < 13_000_000
    people = {
        f"{index['art'][name]['file'].removesuffix('.webp')}-{variant.replace('@', '-')}.webp"
        for name, variants in index["variants"].items()
        for variant in variants
    }
    assert {art["file"] for art in index["art"].values()} | people == names
    assert set(index["words"].values()) | set(index["near"].values()) <= set(index["art"])
    assert not set(index["words"]) & set(index["art"])
    assert "Microsoft" in (folder / "LICENSE-Microsoft.txt").read_text(encoding="utf-8")
    assert "LobeHub" in (folder / "LICENSE-LobeHub.txt").read_text(encoding="utf-8")
    provenance = (folder / "PROVENANCE.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in provenance for name in names)


@pytest.mark.parametrize("noun", ["dog", "camel", "cow"])
def test_legs_swing(noun: str) -> None:
    drawings = limbs.legs(premultiplied(enlarged(pixels(art_named(noun)), 240)), 20)
    assert drawings
    assert len(drawings) == limbs.DRAWINGS
    assert len({drawing.tobytes() for drawing in drawings}) == limbs.DRAWINGS


@pytest.mark.parametrize("noun", ["elephant", "car", "duck", "dinosaur", "tulip"])
def test_what_has_no_separate_legs_is_not_torn(noun: str) -> None:
    found = art_named(noun)
    drawn = limbs.legs(premultiplied(enlarged(pixels(found), 240)), 20)
    assert drawn is None or found.motion in ("heavy", "driver", "paddler", "rooted")


def test_every_gait_has_a_pose_at_every_moment() -> None:
    for gait in GAITS.values():
        for step in range(25):
            pose = pose_at(gait, step / 5, step / 24, 0.3, front=step % 2 == 0)
            assert all(abs(value) < 20 for value in (pose.x, pose.y, pose.lean, pose.sx, pose.sy, pose.shear))
            assert 0 <= pose.cycle <= 1
            assert abs(pose.sy) > 0.05


def test_an_action_nobody_knows_keeps_the_usual_gait_and_says_so() -> None:
    gait, understood = gait_for("walker", "defenestrate")
    assert (gait.name, understood) == ("walk", False)
    assert gait_for("walker", None)[1]


def test_a_red_car_is_red_and_a_blue_one_blue() -> None:
    def mean(colour: str) -> tuple[float, float]:
        painted = recoloured(pixels(art_named("car")), colour, person=False)
        assert painted is not None
        solid = painted[painted[..., 3] > 200]
        return float(solid[:, 2].mean()), float(solid[:, 0].mean())

    red, blue = mean("red"), mean("blue")
    assert red[0] > red[1] + 20
    assert blue[1] > blue[0] + 20
    assert recoloured(pixels(art_named("car")), "octarine", person=False) is None


def test_emoji_name_cast_place_and_hour() -> None:
    said = read_emoji("🐶 🏖️ 🌅 🌧")
    assert said.cast == ("dog",)
    assert said.place == "beach"
    assert said.time_of_day is TimeOfDay.GOLDEN_HOUR
    assert said.weather is Weather.RAIN
    assert read_emoji("plain words").cast == ()


def a_plain_photograph() -> Bytes:
    photo = np.full((400, 600, 3), (225, 215, 205), np.uint8)
    cv2.ellipse(photo, (300, 210), (110, 140), 0, 0, 360, (40, 60, 200), -1)
    noise = np.random.default_rng(1).integers(-6, 7, photo.shape)
    noisy: Bytes = np.clip(photo + noise, 0, 255).astype(np.uint8)
    return noisy


def test_a_plain_subject_is_cut_out_along_its_outline() -> None:
    cut = cut_out(a_plain_photograph())
    assert cut is not None
    assert cut.shape[1] == pytest.approx(220, abs=12)
    assert cut.shape[0] == pytest.approx(280, abs=12)
    assert cut[0, 0, 3] < 60
    assert cut[cut.shape[0] // 2, cut.shape[1] // 2, 3] == 255


def test_a_picture_without_a_clear_subject_is_not_cut_out_but_framed() -> None:
    twins = np.full((300, 400, 3), (225, 215, 205), np.uint8)
    for x in (100, 300):
        cv2.circle(twins, (x, 150), 60, (40, 60, 200), -1)
    assert cut_out(twins) is None
    easel = framed(twins)
    assert easel.shape[2] == 4
    assert easel[easel.shape[0] // 3, easel.shape[1] // 2, 3] == 255
    assert easel[-1, 0, 3] == 0


def test_a_person_is_shown_with_the_gender_and_skin_the_words_before_say() -> None:
    plain, told = find_art("doctor"), find_art("dark-skinned female doctor")
    assert plain
    assert told
    assert told.art.file == "doctor-woman-dark.webp"
    assert not np.array_equal(pixels(plain.art), pixels(told.art))


def test_a_snail_is_slower_than_its_kind_and_a_leopard_faster() -> None:
    crawl, walk = GAITS["crawl"], GAITS["walk"]
    assert paced(crawl, "snail").travel < crawl.travel
    assert paced(walk, "leopard").travel > walk.travel
    assert paced(walk, "nobody in the table") is walk


def test_growing_melting_and_bursting_change_the_size_in_the_course_of_a_shot() -> None:
    def size(verb: str, u: float) -> tuple[float, float]:
        gait, understood = gait_for("still", verb)
        assert understood
        pose = pose_at(gait, 0.0, u, 0.0, front=True)
        return pose.sx, pose.sy

    assert size("grow", 1.0)[1] > 2 * size("grow", 0.0)[1]
    assert size("melt", 1.0)[1] < 0.5 * size("melt", 0.0)[1]
    assert size("melt", 1.0)[0] > size("melt", 0.0)[0]
    assert size("explode", 1.0)[0] > 1.5
