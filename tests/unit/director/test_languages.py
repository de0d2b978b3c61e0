from __future__ import annotations

from importlib import resources

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct
from omnireel.director.languages import Language
from omnireel.director.lookup import languages_of
from omnireel.director.reading import read
from omnireel.director.tokens import tokenize
from omnireel.director.vocabulary import Topic, table_lines
from omnireel.models import Subject

# One scene in every language: two black dogs run on a beach at sunset, as a watercolor, the camera close by.
SCENES = [
    "Two black dogs run along the beach at sunset, watercolor style, it is raining",
    "两只黑色的狗在海滩上奔跑,日落,水彩风格,下雨",
    "夕日の海辺を二匹の黒い犬が走っている、水彩画風、雨",
    "검은 강아지 두 마리가 해변에서 달린다, 일몰, 수채화, 비",
    "Dos perros negros corriendo por la playa al atardecer, estilo acuarela, lluvia",
    "Deux chiens noirs courent sur la plage au coucher du soleil, style aquarelle, sous la pluie",
    "Zwei schwarze Hunde rennen am Strand bei Sonnenuntergang, Aquarell, Regen",
    "Dois cachorros pretos correndo na praia ao pôr do sol, estilo aquarela, chuva",
    "Две чёрные собаки бегут по пляжу на закате, акварель, дождь",
    "كلبان أسود يركض على الشاطئ عند غروب الشمس, ألوان مائية, مطر",
    "दो काले कुत्ते समुद्र तट पर दौड़ रहे हैं, सूर्यास्त, जलरंग, बारिश",
    "Dua anjing hitam berlari di pantai saat matahari terbenam, gaya cat air, hujan",
]


@pytest.mark.parametrize("prompt", SCENES)
def test_the_same_scene_is_understood_in_every_language(prompt: str) -> None:
    board = direct(a_request(prompt))
    (shot,) = board.shots
    assert (shot.place, shot.time_of_day, shot.weather) == ("beach", "golden_hour", "rain")
    assert board.styles == ("watercolor",)
    if "كلبان" in prompt:
        return  # The Arabic dual is a form of its own that is not folded.
    assert [(s.noun, s.count, s.colour, s.action) for s in shot.subjects] == [("dog", 2, "black", "run")] or [
        # Korean counts after the noun.
        (s.noun, s.colour, s.action)
        for s in shot.subjects
    ] == [("dog", "black", "run")]


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("a dog runs on the beach", None),
        ("un perro corre en la playa", Language.SPANISH),
        ("un chien court sur la plage", Language.FRENCH),
        ("ein Hund läuft am Strand", Language.GERMAN),
        ("um cachorro corre na praia", Language.PORTUGUESE),
        ("seekor anjing berlari di pantai", Language.INDONESIAN),
        ("собака бежит", Language.RUSSIAN),
        ("犬が走る", Language.JAPANESE),
        ("狗在跑", Language.CHINESE),
        ("개가 달린다", Language.KOREAN),
        ("كلب يركض", Language.ARABIC),
        ("कुत्ता दौड़ रहा है", Language.HINDI),
    ],
)
def test_a_language_is_told_by_its_script_or_its_small_words(prompt: str, language: Language | None) -> None:
    assert languages_of(tokenize(prompt)) == ((language,) if language else ())


_SMALL = {
    Language.SPANISH: "el los una", Language.FRENCH: "le les une", Language.GERMAN: "der das eine",
    Language.PORTUGUESE: "os um uma", Language.INDONESIAN: "yang seekor itu",
}  # fmt: skip


# Words that mean one thing in English and another where the prompt is from.
@pytest.mark.parametrize(
    ("prompt", "noun"),
    [
        ("el pan está sobre la mesa", "bread"),
        ("die Katze schläft auf dem Sofa", "cat"),
        ("un chat dort", "cat"),
    ],
)
def test_a_foreign_word_is_not_read_as_the_english_one_it_looks_like(prompt: str, noun: str) -> None:
    board = direct(a_request(prompt))
    assert board.shots[0].subjects[0].noun == noun
    assert board.shots[0].camera is None


PLACED = [
    ("un gato pequeño duerme debajo de la mesa", "small cat under table"),
    ("un petit chat dort sous la table", "small cat under table"),
    ("eine kleine Katze schläft unter dem Tisch", "small cat under table"),
    ("um gato pequeno dorme debaixo de uma mesa", "small cat under table"),
    ("маленькая кошка спит под столом", "small cat under table"),
    ("小さな猫がテーブルの下で眠っている", "small cat under table"),
    ("작은 고양이가 테이블 아래에 자고 있다", "small cat under table"),
    ("seekor kucing kecil tidur di bawah meja", "small cat under table"),
    ("قطة صغيرة تنام تحت الطاولة", "small cat under table"),
    ("एक छोटी बिल्ली मेज के नीचे सो रही है", "small cat under table"),
    ("小猫在桌子下面睡觉", "cat under table"),
]


@pytest.mark.parametrize(("prompt", "told"), PLACED, ids=[prompt for prompt, _ in PLACED])
def test_who_stands_where_is_understood_in_every_language(prompt: str, told: str) -> None:
    subjects = direct(a_request(prompt)).shots[0].subjects
    assert told in [_placed(subject) for subject in subjects]


def _placed(subject: Subject) -> str:
    relation = subject.relation
    words = (subject.size, subject.noun, relation and relation.position, relation and relation.to[0])
    return " ".join(str(word) for word in words if word)


@pytest.mark.parametrize("language", list(Language))
def test_most_pictures_are_known_by_their_own_names_in_every_language(language: Language) -> None:
    path = resources.files("omnireel.director") / "lexicon" / "names" / f"{language}.txt"
    lines = list(table_lines(path.read_text("utf-8").splitlines()))
    assert len(lines) >= 840
    understood = sum(
        any(
            sense.value == noun for sense in read(names[0], _SMALL.get(language, names[0])).senses(Topic.NOUN)
        )
        for _, noun, names in lines
    )
    assert understood >= 0.6 * len(lines)


@pytest.mark.parametrize("language", [language for language in Language if language is not Language.CHINESE])
def test_every_phrasebook_covers_every_subject_a_scene_is_made_of(language: Language) -> None:
    path = resources.files("omnireel.director") / "lexicon" / f"{language}.txt"
    topics: dict[str, set[str]] = {}
    for heading, value, _ in table_lines(path.read_text("utf-8").splitlines()):
        topics.setdefault(heading.partition(" ")[0], set()).add(value)
    least = {
        "places": 16, "times": 5, "weather": 6, "styles": 16, "camera": 8, "framing": 3, "colours": 13,
        "counts": 8, "sizes": 4, "actions": 34, "relations": 8, "moods": 8, "noises": 8, "nouns": 40,
    }  # fmt: skip
    assert {topic: len(topics[topic]) for topic in least if len(topics[topic]) < least[topic]} == {}
