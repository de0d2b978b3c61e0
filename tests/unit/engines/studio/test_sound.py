"""The sound of a clip: what is heard, when, from where, and how loud."""

from __future__ import annotations

import numpy as np
import pytest

from omnireel.engines.studio.sound.catalogue import AMBIENCES, EVENTS
from omnireel.engines.studio.sound.heard import Heard, Source
from omnireel.engines.studio.sound.loudness import loudness, mastered, true_peak
from omnireel.engines.studio.sound.music import bed_names, played
from omnireel.engines.studio.sound.places import ambiences_of
from omnireel.engines.studio.sound.score import score_of
from omnireel.engines.studio.sound.signals import Mono, band, clock
from omnireel.engines.studio.sound.soundtrack import soundtrack
from omnireel.media.frames import SAMPLE_RATE, Samples
from omnireel.models import Framing, Shot, TimeOfDay, Weather

_PLACES = ("beach", "underwater", "forest", "city", "room", "space", "stage", None)


def _one(shot: Shot, *sources: Source, seconds: float = 3.0, flashes: tuple[float, ...] = ()) -> list[Heard]:
    return [Heard(shot, 0.0, seconds, sources, flashes)]


def _centroid(sound: Mono) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)).sum() / power.sum())


def _level(sound: Samples, start: float, seconds: float) -> float:
    part = sound[round(start * SAMPLE_RATE) : round((start + seconds) * SAMPLE_RATE)]
    return float(np.sqrt(np.mean(part.astype(np.float64) ** 2)))


def _sine(level: float, *, hertz: float, seconds: float = 4.0) -> Mono:
    wave = 10 ** (level / 20) * np.sin(2 * np.pi * hertz * clock(seconds) + np.pi / 4)
    return np.stack([wave, wave], axis=1)


def test_a_tone_at_minus_23_decibels_in_both_ears_measures_minus_23_lufs() -> None:
    assert loudness(_sine(-23, hertz=1000)) == pytest.approx(-23.0, abs=0.1)


def test_quiet_passages_do_not_count_towards_loudness() -> None:
    loud, quiet = _sine(-23, hertz=1000), _sine(-40, hertz=1000)
    assert loudness(np.concatenate([quiet, loud, quiet])) == pytest.approx(-23.0, abs=0.5)


def test_silence_has_no_loudness_and_is_left_alone() -> None:
    silence = np.zeros((SAMPLE_RATE, 2))
    assert loudness(silence) == float("-inf")
    assert not mastered(silence).any()


def test_a_peak_between_the_samples_is_found() -> None:
    wave = _sine(-6, hertz=SAMPLE_RATE / 4)
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-9.0, abs=0.1)
    assert true_peak(wave) == pytest.approx(-6.0, abs=0.2)


def test_clicks_over_a_whisper_are_brought_up_without_clipping() -> None:
    random = np.random.default_rng(3)
    sound = random.standard_normal((3 * SAMPLE_RATE, 2)) * 0.02
    sound[:: SAMPLE_RATE // 3] = 0.9
    result = mastered(sound)
    assert loudness(result) == pytest.approx(-16.0, abs=1.0)
    assert true_peak(result) <= -1.0


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("weather", [None, Weather.STORM])
def test_every_place_is_as_loud_as_promised_and_as_long_to_the_sample(
    place: str | None, weather: Weather | None
) -> None:
    sound = soundtrack(_one(Shot("", place=place, weather=weather), flashes=(0.5,) if weather else ()), 5)
    assert sound.shape == (3 * SAMPLE_RATE, 2)
    assert sound.dtype == np.float32
    assert loudness(sound.astype(np.float64)) == pytest.approx(-16.0, abs=1.0)
    assert true_peak(sound.astype(np.float64)) <= -1.0


def test_one_seed_gives_the_same_bytes_and_another_others() -> None:
    heard = _one(Shot("", place="forest"), Source(("dog",), "run", "run", 0.2, 0.6, (0.5, 1.0, 1.5)))
    first, again, other = soundtrack(heard, 1), soundtrack(heard, 1), soundtrack(heard, 2)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_wind_is_deeper_than_the_sea_and_the_sea_than_rain_or_birds() -> None:
    wind, sea, rain, birds = (
        _centroid(AMBIENCES[name](4.0, np.random.default_rng(1)))
        for name in ("wind", "waves", "rain", "birds")
    )
    assert wind < sea < birds < 7000
    assert sea < rain


@pytest.mark.parametrize("name", sorted(AMBIENCES))
def test_every_ambience_is_heard_for_as_long_as_asked(name: str) -> None:
    sound = AMBIENCES[name](2.5, np.random.default_rng(2))
    assert len(sound) == round(2.5 * SAMPLE_RATE)
    assert np.isfinite(sound).all()
    assert np.sqrt(np.mean(sound**2)) > 0.005


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_is_heard_and_ends_quietly(name: str) -> None:
    sound = EVENTS[name].make(np.random.default_rng(2))
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.03
    assert np.abs(sound[-24:]).max() < 0.1 * np.abs(sound).max()


@pytest.mark.parametrize("name", sorted(set(bed_names())))
def test_every_bed_plays_and_fades_out(name: str) -> None:
    sound = played(name, 2.5, np.random.default_rng(2))
    assert len(sound) == round(2.5 * SAMPLE_RATE)
    assert np.isfinite(sound).all()
    assert np.abs(sound[-480:]).max() < 0.2


def test_steps_fall_on_the_pictures_own_contacts() -> None:
    contacts = (0.6, 1.3, 2.1)
    source = Source(("person",), "walk", "walk", 0.0, 1.0, contacts)
    sound = soundtrack(_one(Shot("", place="bedroom", framing=Framing.CLOSE), source), 4)
    high = band(sound.astype(np.float64).sum(axis=1), 300, 4000)
    for contact in contacts:
        before = np.abs(high[round((contact - 0.12) * SAMPLE_RATE) : round((contact - 0.02) * SAMPLE_RATE)])
        after = np.abs(high[round(contact * SAMPLE_RATE) : round((contact + 0.06) * SAMPLE_RATE)])
        assert after.max() > 2 * before.max()


@pytest.mark.parametrize(("place", "ground"), [("snowfield", "snow"), ("city", "hard"), ("beach", "sand")])
def test_feet_sound_like_the_ground_of_the_place(place: str, ground: str) -> None:
    walker = Source(("person",), "walk", "walk", 0.0, 1.0, (0.5, 1.0))
    score = score_of(_one(Shot("", place=place), walker), 1)
    assert [strike.ground for strike in score.strikes if strike.sound == "step"] == [ground, ground]


def test_thunder_comes_after_the_lightning() -> None:
    heard = _one(Shot("", place="mountains", weather=Weather.STORM), flashes=(1.0,))
    struck = [strike for strike in score_of(heard, 1).strikes if strike.sound == "thunder"]
    assert [strike.time for strike in struck] == [pytest.approx(1.45)]


def test_something_on_the_left_is_louder_in_the_left_ear() -> None:
    quiet = Shot("", place="space")
    sound = soundtrack(_one(quiet, Source(("dog",), "play", pan=-1.0)), 1).astype(np.float64)
    left, right = (float(np.sqrt(np.mean(band(sound[:, ear], 500, 3000) ** 2))) for ear in (0, 1))
    assert left > 1.3 * right


def test_birds_sing_by_day_and_crickets_by_night_and_neither_in_the_rain() -> None:
    day = ambiences_of(Shot("", place="meadow"))
    night = ambiences_of(Shot("", place="meadow", time_of_day=TimeOfDay.NIGHT))
    rain = ambiences_of(Shot("", place="meadow", weather=Weather.RAIN))
    assert "birds" in day
    assert "crickets" in night
    assert "birds" not in night
    assert "rain" in rain
    assert not {"birds", "crickets", "insects"} & set(rain)


def test_a_sleeping_dog_does_not_bark() -> None:
    def barks(action: str) -> int:
        score = score_of(_one(Shot("", place="garden"), Source(("dog",), action)), 1)
        return sum(strike.sound == "dog" for strike in score.strikes)

    assert barks("run") > 0
    assert barks("sleep") == 0


def test_at_a_cut_one_place_gives_way_to_the_next_without_a_hole() -> None:
    heard = [
        Heard(Shot("", place="city"), 0.0, 2.0),
        Heard(Shot("", place="underwater"), 2.0, 2.0),
    ]
    sound = soundtrack(heard, 1)
    bright = [
        float(np.abs(band(sound[cut : cut + SAMPLE_RATE].astype(np.float64).sum(axis=1), 1000, 6000)).mean())
        for cut in (SAMPLE_RATE // 2, 5 * SAMPLE_RATE // 2)
    ]
    assert bright[0] > 2 * bright[1]
    assert _level(sound, 1.95, 0.1) > 0.2 * _level(sound, 0.5, 3.0)


def test_a_mood_brings_music_and_none_brings_none() -> None:
    assert score_of(_one(Shot("", place="forest", mood="calm")), 1).music is not None
    assert score_of(_one(Shot("", place="forest")), 1).music is None
    piano = score_of(_one(Shot("", place="room", sounds=("piano",), mood="sad")), 1).music
    assert piano is not None
    assert piano[:2] == ("piano", "sad")


def test_a_sound_nobody_can_make_is_named() -> None:
    score = score_of(_one(Shot("", place="room", sounds=("laughter", "bell"))), 1)
    assert score.unknown == ("laughter",)
    assert any(strike.sound == "bell" for strike in score.strikes)


def test_one_more_sound_leaves_the_events_of_the_others_where_they_were() -> None:
    alone = score_of(_one(Shot("", place="forest"), Source(("dog",), "run")), 1)
    joined = score_of(_one(Shot("", place="forest"), Source(("dog",), "run"), Source(("cow",), "walk")), 1)
    assert [s for s in joined.strikes if s.sound == "dog"] == [s for s in alone.strikes if s.sound == "dog"]
