from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from omnireel.engines.base import Capabilities
from omnireel.errors import CannotStart, InvalidRequest
from omnireel.models import Failed, JobKind, MediaKind, MediaRef, Mode, PassedOver, VideoRequest
from omnireel.tasks.route import Route, Stop, after, onward
from omnireel.tasks.routing import Leg, Router
from omnireel.testing.fake_engine import FakeEngine

O1 = "kling/kling-video-o1"
REQUEST = VideoRequest(O1, "a cat", mode=Mode.STD)
VIDEO = MediaRef(MediaKind.VIDEO, "blob:v")


class Silent(FakeEngine):
    """Does what the fake engine does, for money, but only from words."""

    capabilities = Capabilities(kinds=frozenset({JobKind.TEXT}), multi_shot=False, network=True, paid=True)


ENGINES = {"plain": FakeEngine(), "dear": Silent(), "other": FakeEngine()}


def router(*legs: Leg) -> Router:
    return Router(ENGINES, "plain", {O1: legs} if legs else {})


def test_without_routes_the_default_engine_serves() -> None:
    assert router().choose("team", REQUEST) == ("plain", Route())


def test_a_named_engine_is_the_only_one() -> None:
    chosen = router(Leg("plain"), Leg("dear")).choose("team", replace(REQUEST, engine="other"))
    assert chosen == ("other", Route())


def test_an_engine_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(InvalidRequest, match="must be one of dear, other, plain"):
        router().choose("team", replace(REQUEST, engine="studio"))


def test_the_first_that_suits_begins_and_the_others_that_suit_follow() -> None:
    engine, route = router(Leg("dear"), Leg("plain"), Leg("other", modes=frozenset({Mode.PRO}))).choose(
        "team", REQUEST
    )
    assert engine == "dear"
    assert route == Route(paid=True, ahead=(Stop("plain"),))


@pytest.mark.parametrize(
    ("leg", "changes", "reason"),
    [
        (Leg("plain", modes=frozenset({Mode.PRO})), {}, "not for mode std"),
        (Leg("plain", teams=frozenset({"gold"})), {}, "not for this team"),
        (Leg("plain", longest=5), {"duration": 10}, "not for more than 5 seconds"),
        (Leg("plain", longest=5), {"duration": None, "videos": (VIDEO,)}, "not for more than 5 seconds"),
        (Leg("plain", kinds=frozenset({JobKind.EDIT})), {}, "not for text"),
        (Leg("dear"), {"videos": (VIDEO,)}, "cannot do edit"),
        (Leg("dear"), {"sound": True}, "makes no sound"),
        (Leg("dear"), {"multi_shot": True}, "makes no several shots"),
        (Leg("plain"), {"prompt": "a cat fake:refuse"}, "the fake engine was told to refuse"),
    ],
)
def test_why_an_engine_is_passed_over(leg: Leg, changes: dict[str, Any], reason: str) -> None:
    request = replace(REQUEST, **changes)
    with pytest.raises(InvalidRequest) as caught:
        router(leg).choose("team", request)
    assert str(caught.value) == f"no engine of this server can do this ({leg.engine}: {reason})"


def test_who_was_passed_over_before_the_first_is_in_the_route() -> None:
    engine, route = router(Leg("dear"), Leg("other")).choose("team", replace(REQUEST, multi_shot=True))
    assert engine == "other"
    assert route.passed == (PassedOver("dear", "makes no several shots"),)


def test_a_route_to_an_engine_that_is_not_here_stops_the_start() -> None:
    with pytest.raises(CannotStart, match=r"'routes.kling/kling-video-o1' names engine 'gone'"):
        router(Leg("gone"))


ROUTE = Route(paid=True, ahead=(Stop("dear", paid=True), Stop("plain")))


def test_a_lost_engine_that_costs_money_is_followed_by_none_that_does() -> None:
    assert after("far", ROUTE, Failed("engine_lost", "it went away")) == (
        "plain",
        Route(
            passed=(
                PassedOver("dear", "far may have been paid already"),
                PassedOver("far", "it went away"),
            )
        ),
    )


@pytest.mark.parametrize("kind", ["engine_unavailable", "engine_failed"])
def test_one_that_made_nothing_is_followed_by_any(kind: str) -> None:
    way = after("far", ROUTE, Failed(kind, "no"))
    assert way == ("dear", Route(paid=True, ahead=(Stop("plain"),), passed=(PassedOver("far", "no"),)))


@pytest.mark.parametrize("kind", ["outcome_unknown", "invalid_media", "fetch_failed", "timeout", "canceled"])
def test_other_failures_end_the_task(kind: str) -> None:
    assert after("far", ROUTE, Failed(kind, "no")) is None


def test_at_the_end_of_the_way_there_is_nobody() -> None:
    assert onward("far", Route(), "no") is None
    assert after("far", Route(paid=True, ahead=(Stop("dear", paid=True),)), Failed("engine_lost", "")) is None
