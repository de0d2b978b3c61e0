from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from omnireel.catalog.models import MODELS
from omnireel.models import MediaKind, MediaRef, Mode, VideoRequest
from omnireel.settings import PRICES, Settings
from omnireel.tasks.prices import PriceList, Quote

O1 = "kling/kling-video-o1"
CLIP = MediaRef(MediaKind.VIDEO, "https://example.com/a.mp4")
LIST = PriceList({O1: {Mode.STD: Decimal("0.0841"), Mode.PRO: Decimal("0.1121")}}, 10.05)


@pytest.mark.parametrize(
    ("mode", "duration", "price"),
    [(Mode.STD, 5, "0.4205"), (Mode.STD, 10, "0.8410"), (Mode.PRO, 5, "0.5605")],
)
def test_a_price_is_seconds_times_the_price_of_one(mode: Mode, duration: int, price: str) -> None:
    assert LIST.quote(VideoRequest(O1, "a", mode=mode, duration=duration)) == Quote(Decimal(price))


def test_a_source_of_unknown_length_is_priced_as_the_longest_and_rounded_up() -> None:
    quote = LIST.quote(VideoRequest(O1, "a", videos=(CLIP,), mode=Mode.STD, duration=None))
    assert quote == Quote(Decimal("0.8453"), Decimal("0.0841"))


def test_every_model_has_a_price_in_every_mode() -> None:
    assert PRICES.keys() == MODELS.keys()
    assert all(prices.keys() == set(Mode) for prices in PRICES.values())


def test_a_price_that_is_not_set_keeps_its_default() -> None:
    settings = Settings.model_validate({"prices": {O1: {"pro": 0.25}}})
    assert settings.prices[O1] == {Mode.STD: Decimal("0.0840"), Mode.PRO: Decimal("0.25")}
    assert settings.prices["kling/kling-v3-omni-video"] == PRICES["kling/kling-v3-omni-video"]


def test_prices_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIREEL_PRICES", '{"kling/kling-video-o1": {"std": "0.0001"}}')
    assert Settings().prices[O1][Mode.STD] == Decimal("0.0001")


@pytest.mark.parametrize(
    "prices",
    [
        {"kling/kling-video-02": {"std": 1}},
        {O1: {"fast": 1}},
        {O1: {"std": -1}},
        {O1: {"std": "0.00001"}},
        {O1: {"std": "NaN"}},
        {O1: {"std": "Infinity"}},
        {O1: {"std": 1001}},
    ],
)
def test_prices_that_cannot_be_are_refused(prices: dict[str, dict[str, object]]) -> None:
    with pytest.raises(ValidationError, match="prices"):
        Settings.model_validate({"prices": prices})
