from __future__ import annotations

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct
from omnireel.director.vocabulary import Topic, canonical, vocabulary
from omnireel.models import CameraMove, Framing, Subject, TimeOfDay, Weather

# Prompt, setting (place, time, weather, camera, framing) and cast (count, colour, noun:action).
SCENES = [
    ("A golden retriever runs along the beach at sunset", "beach golden_hour", "dog:run"),
    ("a puppy running on the sand dunes at noon", "desert day", "dog:run"),
    (
        "Two small black cats and a dog play with a ball of yarn in the garden",
        "garden",
        "2 black cat:play, dog:play, yarn",
    ),
    ("A running horse in a meadow, dawn", "meadow dawn", "horse:run"),
    ("A red car and a blue car race down the highway", "street", "red car:drive, blue car:drive"),
    (
        "a paper boat floats down a rainy street, a duck swimming beside it",
        "street rain",
        "paper boat:float, duck:swim",
    ),
    (
        "A rocket launches at night over a neon city, the camera tilts up",
        "neon-city night tilt_up",
        "rocket:launch",
    ),
    ("An astronaut walks on the moon", "moon", "astronaut:walk"),
    ("Three penguins slide on the glacier while it is snowing", "arctic snow", "3 penguin"),
    ("a flock of birds flying over the sea in thick fog", "sea fog", "6 bird:fly"),
    ("Hundreds of paper lanterns float up into the night sky", "night", "8 lantern:float"),
    ("A bird's eye view of a city in a thunderstorm", "city storm wide", ""),
    ("close-up of a wolf in a pine forest, handheld", "forest handheld close", "wolf"),
    ("the sun rose over the hills", "mountains", "sun:rise"),
    ("an orange cat eats an orange in the kitchen", "kitchen", "orange cat:eat, orange"),
    ("a baby elephant drinks at the river", "river", "elephant:drink"),
    ("A girl with a red umbrella walks in the rain", "rain", "girl:walk, red umbrella"),
    ("Two friends sit by a campfire under the stars", "night", "2 friend:sit, campfire"),
    ("星空下,一个女孩在草地上看书", "meadow night", "girl:read"),
    ("Mice dance on stage", "stage", "3 mouse:dance"),
    ("a white swan swims on the lake, slow zoom out", "lake pull_out", "white swan:swim"),
    ("The camera pans slowly to the left across a village at dusk", "village dusk pan_left", ""),
    ("Camera orbits around a statue under a clear sky", "clear orbit", "statue"),
    ("vertigo effect on a man at the top of a cliff", "cliff dolly_zoom", "man"),
    ("tracking shot: a motorcycle speeds through the desert", "desert follow", "motorcycle:drive"),
    ("jellyfish drift underwater, static shot", "underwater static", "jellyfish:float"),
    ("aerial drone shot of a castle on a mountain", "mountains wide", "castle"),
    ("A drone hovers above the wheat field", "meadow", "drone:fly"),
    ("no people, no rain, a dog sleeps on a sofa", "", "dog:sleep, sofa"),
    ("an empty street without cars or people at night", "street night", ""),
    ("It is not raining. A fox in the woods", "forest", "fox"),
    ("a dragon flies over a volcano", "", "dragon:fly, volcano"),
    ("Five children fly kites", "", "5 child:fly, 3 kite"),
    ("a horse-drawn carriage on a snowy road", "street snow", "carriage"),
    ("一只小狗在海边奔跑", "beach", "dog:run"),
    ("日落时分,一只金毛在沙滩上奔跑,镜头缓缓推进", "beach golden_hour push_in", "dog:run"),
    ("两只猫在花园里玩毛线球", "garden", "2 cat:play, yarn"),
    ("3只企鹅站在雪地里", "snowfield", "3 penguin:stand"),
    ("红色的跑车在夜晚的街道上飞驰", "street night", "red car:drive"),
    ("宇航员在月球上行走", "moon", "astronaut:walk"),
    ("一艘纸船漂在下雨的街道上", "street rain", "paper boat:float"),
    ("一群孩子在草地上放风筝,晴天", "meadow clear", "5 child, kite"),
    ("马上下雨了,街上没有人", "street rain", ""),
    ("深夜的森林,大雾,一只猫头鹰飞过", "forest night fog", "owl:fly"),
    ("航拍雪山,云雾缭绕", "mountains fog wide", ""),
    ("特写:玫瑰绽放,镜头环绕", "orbit close", "rose:bloom"),
    ("不要下雨,也没有云,一匹白马在草原上奔腾", "meadow", "horse:run"),
    ("机器人在城市里跳舞,镜头向左平移", "city pan_left", "robot:dance"),
    ("热气球升起,清晨", "dawn", "hot air balloon:rise"),
    ("希区柯克变焦,一个男人站在楼顶", "dolly_zoom", "man:stand"),
    ("海豚跃起,手持镜头,大海", "sea handheld", "dolphin:jump"),
    ("固定镜头,一杯咖啡冒热气", "static", "coffee:steam"),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "setting", "cast"), SCENES, ids=[prompt for prompt, _, _ in SCENES])
def test_a_scene_is_understood(prompt: str, setting: str, cast: str) -> None:
    (shot,) = direct(a_request(prompt)).shots
    told = (shot.place, shot.time_of_day, shot.weather, shot.camera, shot.framing)
    assert " ".join(word for word in told if word) == setting
    assert ", ".join(map(_told, shot.subjects)) == cast


def _told(subject: Subject) -> str:
    count = str(subject.count) if subject.count > 1 else ""
    noun = " ".join(word for word in (count, subject.colour, subject.noun) if word)
    return f"{noun}:{subject.action}" if subject.action else noun


STYLES = [
    (
        "Restyle the source video into a clay-animation look while preserving the original motion feel",
        ("clay",),
    ),
    ("claymation", ("clay",)),
    ("make everything out of plasticine", ("clay",)),
    ("Clayton walks into Barclay bank", ()),
    ("turn it into clay, not watercolor", ("clay",)),
    ("not clay but watercolour", ("watercolor",)),
    ("change it from clay to an oil painting", ("oil",)),
    ("instead of anime, use a pencil sketch", ("pencil",)),
    ("don't make it look like clay", ()),
    ("a neon cyberpunk look, as claymation", ("clay", "sci-fi")),
    ("futuristic science fiction style", ("sci-fi",)),
    ("film noir", ("noir",)),
    ("a black and white cat", ()),
    ("in black and white", ("noir",)),
    ("a vintage car", ()),
    ("vintage film look with film grain", ("vintage",)),
    ("an oil rig", ()),
    ("low-poly paper-cut origami", ("low-poly", "paper")),
    ("a paper boat", ()),
    ("stained glass, 8-bit, comic book, charcoal", ("stained-glass", "pixel", "comic", "charcoal")),
    ("Studio Ghibli style", ("anime",)),
    ("变成黏土风格", ("clay",)),
    ("橡皮泥动画", ("clay",)),
    ("粘土质感,不要水彩", ("clay",)),
    ("不是黏土,是水彩", ("watercolor",)),
    ("从油画变成水墨", ("ink-wash",)),
    ("科幻电影", ("sci-fi",)),
    ("赛博朋克风格的粘土", ("clay", "sci-fi")),
    ("奇幻,剪纸,像素风", ("paper", "pixel", "fantasy")),
    ("动漫", ("anime",)),
    ("彩色玻璃和低多边形", ("stained-glass", "low-poly")),
    ("make it a neon city at night", ("sci-fi",)),
    ("winter", ("winter",)),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "styles"), STYLES, ids=[prompt for prompt, _ in STYLES])
def test_a_style_is_named_in_any_of_its_words(prompt: str, styles: tuple[str, ...]) -> None:
    assert direct(a_request(prompt, videos=1)).styles == styles


@pytest.mark.parametrize(
    ("prompt", "on_twos"),
    [
        ("stop-motion clay", True),
        ("claymation on twos", True),
        ("as if shot at 12 fps", True),
        ("定格动画", True),
        ("claymation", False),
        ("clay, but not stop-motion", False),
        ("stop the motion", False),
    ],
)
def test_drawings_are_held_for_two_frames_only_when_asked(prompt: str, on_twos: bool) -> None:
    assert direct(a_request(prompt, videos=1)).on_twos is on_twos


def test_a_negative_prompt_takes_things_out() -> None:
    request = a_request("a dog and a cat in the rain at night, clay", negative_prompt="cat, rain, clay, 夜晚")
    board = direct(request)
    assert board.styles == ()
    assert [subject.noun for subject in board.shots[0].subjects] == ["dog"]
    assert board.shots[0].weather is None
    assert board.shots[0].time_of_day is None


def test_winter_is_weather_in_a_composed_scene() -> None:
    board = direct(a_request("a cabin in winter"))
    assert board.styles == ()
    assert board.shots[0].weather is Weather.SNOW


def test_every_canonical_word_means_itself_and_fits_its_field() -> None:
    assert {CameraMove(word) for word in canonical(Topic.CAMERA)} == set(CameraMove)
    assert {TimeOfDay(word) for word in canonical(Topic.TIME)} == set(TimeOfDay)
    assert {Weather(word) for word in canonical(Topic.WEATHER)} == set(Weather)
    assert {Framing(word) for word in canonical(Topic.FRAMING)} == set(Framing)


def test_the_vocabulary_is_wide_in_both_languages() -> None:
    nouns = [
        (words, meaning.value)
        for words, senses in vocabulary().senses.items()
        for meaning in senses
        if meaning.topic is Topic.NOUN
    ]
    english = {value for words, value in nouns if words[0].isascii()}
    chinese = {value for words, value in nouns if not words[0].isascii()}
    assert len(english) >= 250
    assert len(chinese) >= 250
