from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnireel.models import Failed, Outcome, Resource, ShotReport, Stopped, Succeeded, VideoRequest
from omnireel.tasks.codec import decode_outcome, decode_request, encode_outcome, encode_request

TEXT = st.text(st.characters())
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
OUTCOMES = st.one_of(
    st.builds(
        Succeeded,
        resources=st.tuples(st.builds(Resource, duration=st.none() | NUMBERS, fps=st.none() | NUMBERS)),
        shots=st.lists(st.builds(ShotReport), max_size=3).map(tuple),
    ),
    st.builds(Failed),
    st.builds(Stopped),
)


@given(st.builds(VideoRequest, prompt=TEXT))
def test_every_request_survives_its_form(request: VideoRequest) -> None:
    assert decode_request(json.loads(json.dumps(encode_request(request)))) == request


@given(OUTCOMES)
def test_every_outcome_survives_its_form(outcome: Outcome) -> None:
    assert decode_outcome(json.loads(json.dumps(encode_outcome(outcome)))) == outcome


def test_fields_that_a_form_lacks_take_their_defaults() -> None:
    form = {"version": 1, "request": {"model": "kling/kling-video-o1", "prompt": "a", "later": True}}
    assert decode_request(form) == VideoRequest("kling/kling-video-o1", "a")


@pytest.mark.parametrize("version", [0, 2, None, "1"])
def test_a_form_of_an_unknown_version_is_refused(version: object) -> None:
    with pytest.raises(ValueError, match="must have version 1"):
        decode_request({"version": version, "request": {}})


def test_a_form_that_is_not_a_request_is_refused() -> None:
    with pytest.raises(ValueError, match="mode"):
        decode_request({"version": 1, "request": {"model": "m", "prompt": "p", "mode": "huge"}})
