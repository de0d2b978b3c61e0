from __future__ import annotations

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct
from omnireel.models import Framing, ImageRole, JobKind, Transition, VideoRole

EDIT, REFERENCE, ANIMATE, SUBJECTS, TEXT = (
    JobKind.EDIT,
    JobKind.REFERENCE,
    JobKind.ANIMATE,
    JobKind.SUBJECTS,
    JobKind.TEXT,
)


@pytest.mark.parametrize(
    ("prompt", "images", "videos", "kind"),
    [
        ("a dog on the beach", 0, 0, TEXT),
        ("make it clay", 0, 1, EDIT),
        ("Restyle @Video1 in the style of @Image1", 1, 1, EDIT),
        ("Use the camera movement of @Video1 for a rocket launch", 0, 1, REFERENCE),
        ("mimic the pace of the reference video: a cat walks", 0, 1, REFERENCE),
        ("参考@视频1的运镜,生成一只猫", 0, 1, REFERENCE),
        ("a cat like in a cartoon, keep the motion", 0, 1, EDIT),
        ("the leopard looks up", 1, 0, ANIMATE),
        ("<<<image_1>>> comes to life, camera pushes in", 1, 0, ANIMATE),
        ("让照片动起来", 1, 0, ANIMATE),
        ("put the cat from @Image1 on a beach", 1, 0, SUBJECTS),
        ("@Image1中的角色在森林里跳舞", 1, 0, SUBJECTS),
        ("two friends meet", 2, 0, SUBJECTS),
        ("transition from the first frame to the last frame", 2, 0, ANIMATE),
        ("首帧到尾帧自然过渡", 2, 0, ANIMATE),
        ("@Image1, @Image2 and @Image3 start and end", 3, 0, SUBJECTS),
    ],
)
def test_the_kind_of_job_follows_inputs_and_wording(
    prompt: str, images: int, videos: int, kind: JobKind
) -> None:
    assert direct(a_request(prompt, images=images, videos=videos)).kind is kind


def test_roles_beat_wording() -> None:
    first, last, reference = ImageRole.FIRST_FRAME, ImageRole.LAST_FRAME, ImageRole.REFERENCE
    two = a_request("two friends meet", images=2, image_types=[last, first])
    assert direct(two).kind is ANIMATE
    assert direct(two).shots[0].images == (2, 1)
    assert direct(a_request("it moves", images=1, image_types=[reference])).kind is SUBJECTS
    assert direct(a_request("it moves", images=1, image_types=[last])).shots[0].images == (1,)
    borrowed = a_request("make it clay", videos=1, video_type=VideoRole.REFERENCE)
    assert direct(borrowed).kind is REFERENCE
    edited = a_request("mimic the pace of @Video1", videos=1, video_type=VideoRole.EDIT)
    assert direct(edited).kind is EDIT


def test_a_picture_is_tied_to_the_noun_that_names_it() -> None:
    board = direct(a_request("the dog from @Image2 and @Image1, a cat, dance on stage", images=2))
    assert [(subject.noun, subject.image) for subject in board.shots[0].subjects] == [("dog", 2), ("cat", 1)]


def test_a_picture_nobody_names_is_still_a_subject() -> None:
    (shot,) = direct(a_request("@Image1 and @Image2 run on the beach", images=2)).shots
    assert [(subject.noun, subject.action, subject.image) for subject in shot.subjects] == [
        ("subject", "run", 1),
        ("subject", "run", 2),
    ]


SHOTS = [
    ("Shot 1: a fox wakes. Shot 2: it runs through a forest. Shot 3 (3s): its eyes", 5, [24, 24, 72]),
    ("[Scene 1 (0-4s)] A chef cooks ramen. [Scene 2 (4-10s)] The bowl steams, slow push-in.", 10, [96, 144]),
    ("0-2s: city at night; 2-5s: rain on a window", 5, [48, 72]),
    ("00:00-00:02 a city. 00:02-00:05 a beach", 5, [48, 72]),
    ("镜头1:清晨的海边。镜头2:切近景,小狗停下。镜头3:日落", 5, [40, 40, 40]),
    ("第一个镜头:一只猫。第二个镜头:一只狗", 5, [60, 60]),
    ("分镜一(2秒):大海;分镜二(3秒):沙滩", 5, [48, 72]),
    ("First shot: a cat. Second shot: a dog.", 5, [60, 60]),
    ("A rocket at dawn, then cut to the cockpit; dissolve to Earth from orbit", 5, [40, 40, 40]),
    ("一只猫醒来,接着跳上桌子,然后喝牛奶", 5, [40, 40, 40]),
    ("A cat wakes. It jumps on a table. Cinematic light. Then it drinks milk.", 5, [60, 60]),
    ("A cat wakes. It jumps on a table. Cinematic light. It drinks milk.", 5, [40, 40, 40]),
    ("A cat sleeps on a sofa", 5, [48, 40, 32]),
    ("A cat sleeps on a sofa", 10, [72, 60, 48, 60]),
    ("Shot 1 (20s): a cat. Shot 2 (20s): a dog.", 5, [60, 60]),
    ("Shot 1 (9s): a cat. Shot 2: a dog. Shot 3: a cow", 5, [90, 15, 15]),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "seconds", "frames"), SHOTS, ids=[prompt for prompt, _, _ in SHOTS])
def test_shots_take_their_stated_or_even_lengths(prompt: str, seconds: int, frames: list[int]) -> None:
    board = direct(a_request(prompt, multi_shot=True, duration=seconds))
    assert list(board.frame_counts(seconds * 24)) == frames


def test_a_dissolve_is_told_from_a_cut() -> None:
    shots = direct(a_request("a dog; cut to a cat; dissolve to the sea", multi_shot=True)).shots
    assert [shot.transition for shot in shots] == [Transition.CUT, Transition.CUT, Transition.DISSOLVE]


def test_a_shot_goes_on_with_who_and_where_was_before() -> None:
    prompt = (
        "Shot 1: a fox wakes on a snowy hill at night. Shot 2: it runs. Shot 3: a bear appears in a forest"
    )
    wakes, runs, bear = direct(a_request(prompt, multi_shot=True)).shots
    assert [(subject.noun, subject.action) for subject in wakes.subjects] == [("fox", "wake")]
    assert [(subject.noun, subject.action) for subject in runs.subjects] == [("fox", "run")]
    assert (runs.place, runs.weather, runs.time_of_day) == ("mountains", "snow", "night")
    assert [subject.noun for subject in bear.subjects] == ["bear"]
    assert bear.place == "forest"


def test_what_stands_before_the_shots_holds_for_all_of_them() -> None:
    prompt = "A robot at night in the rain. Shot 1: it walks. Shot 2: close-up, @Image1 on a table"
    shots = direct(a_request(prompt, multi_shot=True, images=2)).shots
    assert [shot.weather for shot in shots] == ["rain", "rain"]
    assert all("A robot at night" in shot.prompt for shot in shots)
    assert shots[0].subjects[0].noun == "robot"


def test_a_repainted_video_is_shown_in_several_shots_when_asked_for() -> None:
    board = direct(a_request("Shot 1 (1s): clay. Shot 2 (3s): close-up.", videos=1, multi_shot=True))
    first, second = board.frame_counts(120)
    assert first + second == 120
    assert 2 * first < second
    orders = direct(a_request("Make it clay. Keep the motion. Add rain.", videos=1, multi_shot=True))
    assert [shot.framing for shot in orders.shots] == [Framing.WIDE, Framing.MEDIUM, Framing.CLOSE]
    assert len(direct(a_request("Shot 1: clay. Shot 2: clay.", videos=1)).shots) == 1


def test_shots_without_multi_shot_are_one_and_the_caller_is_told() -> None:
    board = direct(a_request("Shot 1: a dog. Shot 2: a cat."))
    assert len(board.shots) == 1
    assert any("multi_shot is off" in sentence for sentence in board.unsupported)


@pytest.mark.parametrize(
    ("prompt", "images", "videos", "said"),
    [
        ("remove the man in the background and make it clay", 0, 1, "remove the man in the background"),
        ("把路人去掉,换成夜晚", 0, 1, "把路人去掉"),
        ("Add a hat to the dog", 0, 1, "Add a hat to the dog"),
        ("please replace the dog with a cat", 0, 1, "replace the dog with a cat"),
        ("把狗替换成猫", 0, 1, "把狗替换成猫"),
        ("Turn the dog into a cat", 0, 1, "Turn the dog into a cat"),
        ("make it dance in a red shirt", 0, 1, "recoloured"),
        ("change the background to a beach", 0, 1, "Where the source plays"),
        ("change his face", 0, 1, "face"),
        ("给他换脸", 0, 1, "换脸"),
        ("lip-sync to my voice", 1, 0, "Speech"),
        ("a man says hello", 0, 0, "Speech"),
        ("with a title card", 0, 0, "Lettering"),
        ("加上字幕", 0, 1, "字幕"),
        ("with the sound of waves", 0, 0, "sound is off"),
        ("delete the cup", 1, 0, "delete the cup"),
    ],
)
def test_what_cannot_be_done_is_said(prompt: str, images: int, videos: int, said: str) -> None:
    unsupported = direct(a_request(prompt, images=images, videos=videos)).unsupported
    assert any(said in sentence for sentence in unsupported)


@pytest.mark.parametrize(
    "prompt",
    [
        "Restyle the source video into a clay-animation look while preserving the original motion feel",
        "Add rain and turn it into night",
        "make it look like watercolor",
        "add a neon glow",
        "don't change the sky",
        "don't remove the hat",
        "without changing his face",
        "keep the subtitles and the logo",
        "they remove their hats",
        "变成黏土动画,保留原有的字幕",
        "zoom in, no music",
    ],
)
def test_what_can_be_done_or_is_not_wanted_raises_no_warning(prompt: str) -> None:
    assert direct(a_request(prompt, videos=1)).unsupported == ()


def test_sound_is_no_problem_when_it_is_on() -> None:
    assert direct(a_request("with the sound of waves", sound=True)).unsupported == ()
