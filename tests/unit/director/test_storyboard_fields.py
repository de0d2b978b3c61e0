from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.director.requests import a_request

from omnireel.director.direct import direct
from omnireel.director.reading import read
from omnireel.director.vocabulary import Topic
from omnireel.engines.studio.scenery.art import find_art
from omnireel.engines.studio.scenery.built.workshop import built
from omnireel.models import (
    JobKind,
    MediaKind,
    MediaRef,
    Position,
    Relation,
    Shot,
    Subject,
    VideoRequest,
)
from omnireel.thesaurus.kin import kin_of


def _shot(prompt: str) -> Shot:
    return direct(a_request(prompt)).shots[0]


def _where(prompt: str) -> list[str]:
    return [
        " ".join((subject.noun, subject.relation.position, *subject.relation.to))
        for subject in _shot(prompt).subjects
        if subject.relation
    ]


@pytest.mark.parametrize(
    ("prompt", "where"),
    [
        ("a cat sits on a red sofa", ["cat on sofa"]),
        ("a cat on a sofa between two lamps", ["cat on sofa", "sofa between lamp"]),
        ("a dog sleeps under the table next to a chair", ["dog under table", "table beside chair"]),
        ("a bird flies above a lighthouse", ["bird above lighthouse"]),
        ("behind the house, a giant robot waves", ["robot behind house"]),
        ("a fox to the left of a tree and a bear to the right of it", ["fox left_of tree"]),
        ("a doctor reads a book under a tree", ["doctor under tree"]),
        ("a fox between a bear and a wolf", ["fox between bear wolf"]),
        ("a dog runs on the beach", []),
        ("in the foreground a fox, in the background a tower", ["fox in_front_of", "tower behind"]),
        ("a fox on the left, a bear on the right", ["fox left_of", "bear right_of"]),
        ("桌子上有一只猫", ["cat on table"]),
        ("一只小狗在房子后面奔跑", ["dog behind house"]),
        ("猫坐在椅子旁边", ["cat beside chair"]),
        ("狐狸站在树和石头之间", ["fox between tree rock"]),
    ],
)
def test_words_of_place_say_who_stands_where(prompt: str, where: list[str]) -> None:
    assert _where(prompt) == where


def test_sizes_stay_with_their_nouns() -> None:
    subjects = _shot("a giant robot and a tiny mouse meet two big dogs and a cat").subjects
    assert [(subject.noun, subject.size) for subject in subjects] == [
        ("robot", "giant"),
        ("mouse", "tiny"),
        ("dog", "large"),
        ("cat", None),
    ]


@pytest.mark.parametrize(
    ("prompt", "noun", "colour"),
    [
        ("a dark-skinned woman dances", "dark-skinned woman", None),
        ("a black woman dances", "dark-skinned woman", None),
        ("a black dog runs", "dog", "black"),
        ("a female doctor", "female doctor", None),
        ("a woman astronaut", "female astronaut", None),
        ("a white man and", "light-skinned man", None),
    ],
)
def test_words_for_skin_and_gender_go_with_people(prompt: str, noun: str, colour: str | None) -> None:
    (subject,) = _shot(prompt).subjects
    assert (subject.noun, subject.colour) == (noun, colour)


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ('A neon sign that says "OPEN" over a door', ("OPEN",)),
        ("a title card reading “The End”", ("The End",)),
        ("招牌上写着「欢迎光临」", ("欢迎光临",)),
        ("片名《大海》", ("大海",)),
        ("看《红楼梦》的女孩", ()),
        ('a man says "hello"', ()),
        ('in the style of "Starry Night"', ()),
        ("a dog's ball isn't red", ()),
        ("un cartel dice «Abierto»", ("Abierto",)),
        ('"Dog Park" and "Cat Park"', ("Dog Park", "Cat Park")),
    ],
)
def test_quoted_texts_are_set_unless_somebody_says_them(prompt: str, texts: tuple[str, ...]) -> None:
    assert _shot(prompt).lettering == texts


def test_what_a_sign_says_is_not_in_the_scene() -> None:
    board = direct(a_request('a cat under a sign that reads "Dog Park at night"'))
    assert [subject.noun for subject in board.shots[0].subjects] == ["cat"]
    assert board.shots[0].time_of_day is None
    assert board.unsupported == ()


@pytest.mark.parametrize(
    ("prompt", "sounds"),
    [
        ("thunder and howling wind over the sea", ("thunder", "wind")),
        ("a barking dog, soft piano music", ("dog", "music", "piano")),
        ("with the sound of rain and a train whistle", ("rain", "train")),
        ("the sound of horses and birds", ("horse", "birds")),
        ("雷声,钢琴曲", ("thunder", "piano")),
        ("波の音と鳥のさえずり", ("waves", "birds")),
        ("el sonido de la lluvia, canto de pájaros", ("rain", "birds")),
        ("a dog on the beach", ()),
        ("no music", ()),
    ],
)
def test_named_sounds_are_heard(prompt: str, sounds: tuple[str, ...]) -> None:
    found = direct(a_request(prompt, sound=True)).shots[0].sounds
    assert set(found) - {"music"} == set(sounds) - {"music"}


@pytest.mark.parametrize(
    ("prompt", "mood"),
    [
        ("a peaceful lake", "calm"),
        ("an epic battle of two robots", "epic"),
        ("a spooky, mysterious house", "mysterious"),
        ("气氛紧张", "tense"),
        ("un paseo romántico por la playa", "romantic"),
        ("a dog", None),
    ],
)
def test_the_mood_is_told(prompt: str, mood: str | None) -> None:
    assert _shot(prompt).mood == mood


def test_music_goes_on_over_a_cut_and_steps_do_not() -> None:
    prompt = "Shot 1: a man walks, footsteps, gentle piano. Shot 2: a tree."
    first, second = direct(a_request(prompt, multi_shot=True, sound=True)).shots
    assert {"footsteps", "piano"} <= set(first.sounds)
    assert "piano" in second.sounds
    assert "footsteps" not in second.sounds


def test_words_nobody_knows_are_named() -> None:
    board = direct(a_request("a blorptang sits on a red sofa. A giant frimble eats."))
    assert any('"blorptang", "frimble"' in sentence for sentence in board.unsupported)
    assert not any("understood" in sentence for sentence in direct(a_request("a cat on a sofa")).unsupported)
    assert any("Nothing" in sentence for sentence in direct(a_request("zxqv wvut")).unsupported)


def test_a_noun_without_a_picture_keeps_its_name_and_leads_to_its_kin() -> None:
    (subject,) = _shot("three quokkas in the forest").subjects
    assert subject == Subject("quokka", count=3)
    kin = kin_of("quokkas")
    assert kin
    assert kin.plural
    assert (kin.head, kin.exact) == ("kangaroo", False)


def test_a_longer_name_wins_over_a_known_word_it_begins_with() -> None:
    assert [subject.noun for subject in _shot("a guide dog and a polar bear").subjects] == [
        "guide dog",
        "polar bear",
    ]
    assert _shot("the sun rose").subjects == (Subject("sun", action="rise"),)


def test_most_everyday_things_have_a_picture_of_their_own() -> None:
    text = Path(__file__).with_name("concrete_nouns.txt").read_text("utf-8")
    nouns = [noun for noun in text.replace("\n", ", ").split(", ") if noun]
    shown = [_how_shown(noun) for noun in nouns]
    assert len(nouns) >= 300
    assert shown.count("exact") >= 0.82 * len(nouns)
    assert shown.count("none") <= 0.07 * len(nouns)


def _how_shown(noun: str) -> str:
    senses = read(f"a {noun}").senses(Topic.NOUN)
    if not senses:
        return "none"
    value = senses[-1].value
    found, kin = find_art(value), kin_of(value)
    if built(value) or (found and found.exact) or (kin and kin.exact and built(kin.head)):
        return "exact"
    return "near" if found or (kin and built(kin.head)) else "none"


def test_a_relation_is_kept_when_a_subject_is_named_again() -> None:
    (cat, _) = _shot("a cat sits on a sofa. The cat looks up.").subjects
    assert cat.relation == Relation(Position.ON, ("sofa",))


@pytest.mark.parametrize(
    "prompt",
    [
        "Un gato se despierta, luego salta a la mesa, finalmente duerme",
        "Кошка просыпается, затем прыгает, потом спит",
        "猫が座る。次に走る。最後に眠る",
        "고양이가 자고 있다. 그 다음 고양이가 달린다. 마지막으로 고양이가 먹는다",
    ],
)
def test_prose_is_split_at_its_then_in_other_languages(prompt: str) -> None:
    shots = direct(a_request(prompt, multi_shot=True)).shots
    assert len(shots) == 3
    assert all(shot.subjects[0].noun == "cat" for shot in shots)


def test_clothes_do_not_stand_about_by_themselves() -> None:
    board = direct(a_request("a dog wearing a tiny red scarf and a hat runs in a park"))
    assert board.shots[0].subjects == (Subject("dog", action="run"),)
    assert any("scarf, hat" in sentence for sentence in board.unsupported)


def test_who_stands_right_before_a_verb_does_it() -> None:
    subjects = _shot("an old fisherman in a small boat, birds flying").subjects
    assert [subject.noun for subject in subjects if subject.action == "fly"] == ["bird"]


def test_a_picture_that_lends_only_its_style_is_not_shown() -> None:
    images = (MediaRef(MediaKind.IMAGE, "blob:a"),)
    board = direct(VideoRequest("m", "A dog runs on a beach in the style of @Image1", images))
    assert board.kind is JobKind.TEXT
    assert board.style_images == (1,)
    assert [subject.noun for subject in board.shots[0].subjects] == ["dog"]
    assert not any(shot.images for shot in board.shots)


def test_one_picture_may_be_shown_in_the_style_of_another() -> None:
    images = (MediaRef(MediaKind.IMAGE, "blob:a"), MediaRef(MediaKind.IMAGE, "blob:b"))
    board = direct(VideoRequest("m", "Put the cat of @Image1 in a garden, in the style of @Image2", images))
    assert board.style_images == (2,)
    assert board.shots[0].images == (1,)
    assert [subject.image for subject in board.shots[0].subjects] == [1]


def test_what_went_under_a_table_is_not_under_it_where_there_is_none() -> None:
    prompt = "A cat hides under a table, then it sleeps beside a sofa"
    board = direct(VideoRequest("m", prompt, multi_shot=True))
    first, second = (shot.subjects[0] for shot in board.shots[:2])
    assert first.relation is not None
    assert first.relation.to == ("table",)
    assert second.noun == "cat"
    assert second.relation is None or second.relation.to == ("sofa",)
