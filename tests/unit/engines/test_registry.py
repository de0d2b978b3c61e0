from __future__ import annotations

import pytest

from omnireel.engines.registry import engine_names, load_engine
from omnireel.errors import EngineUnavailable, NotFound


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
