from __future__ import annotations

import pytest

from omnireel.engines.registry import engine_names, load_engine, make_engine, secrets_of, standing_names
from omnireel.engines.spec import EngineSpec, needs_options
from omnireel.errors import CannotStart, EngineUnavailable, NotFound
from omnireel.testing.told_engine import EasyEngine, ToldEngine

TOLD = "omnireel.testing.told_engine:ToldEngine"
FAKE = "omnireel.testing.fake_engine:FakeEngine"


def test_the_studio_engine_is_installed() -> None:
    assert "studio" in engine_names()


def test_an_installed_engine_is_loaded_by_name() -> None:
    assert load_engine("studio", threads=1).name == "studio"


def test_a_class_can_be_named_by_its_module() -> None:
    assert load_engine("omnireel.testing.fake_engine:FakeEngine", threads=1).name == "fake"


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(NotFound, match=r"no engine is called 'nobody'; installed: .*studio"):
        load_engine("nobody", threads=1)


def test_a_module_without_that_class_says_so() -> None:
    with pytest.raises(NotFound, match="has no engine called 'Nothing'"):
        load_engine("omnireel.testing.fake_engine:Nothing", threads=1)


def test_a_module_that_cannot_be_imported_is_unavailable() -> None:
    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        load_engine("omnireel.no_such_module:Engine", threads=1)


def test_an_engine_is_made_with_what_it_is_told() -> None:
    engine = make_engine("mine", EngineSpec(TOLD, {"api_key": "s3cret-key", "greeting": "hi"}), threads=1)
    assert isinstance(engine, ToldEngine)
    assert engine.options.greeting == "hi"
    assert engine.options.api_key.get_secret_value() == "s3cret-key"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "'engines.mine.api_key': Field required"),
        ({"api_key": "k", "greeting": 5}, "'engines.mine.greeting': Input should be a valid string"),
        ({"api_key": "k", "colour": "red"}, "'engines.mine.colour': Extra inputs are not permitted"),
    ],
)
def test_options_that_are_no_good_are_named_like_a_setting(options: dict[str, object], says: str) -> None:
    with pytest.raises(CannotStart) as caught:
        make_engine("mine", EngineSpec(TOLD, options), threads=1)
    assert says in str(caught.value)


def test_an_engine_that_can_be_told_nothing_says_so() -> None:
    with pytest.raises(CannotStart, match=r"'engines.mine': this kind of engine can be told nothing"):
        make_engine("mine", EngineSpec(FAKE, {"size": 3}), threads=1)


def test_secrets_are_known_and_not_shown() -> None:
    spec = EngineSpec(TOLD, {"api_key": "s3cret-key"})
    assert secrets_of("mine", spec) == ("s3cret-key",)
    assert secrets_of("mine", EngineSpec(FAKE)) == ()
    assert "s3cret" not in repr(spec)


def test_only_what_must_be_told_something_cannot_stand_alone() -> None:
    assert needs_options(ToldEngine.Options)
    assert not needs_options(EasyEngine.Options)
    assert "studio" in standing_names()
