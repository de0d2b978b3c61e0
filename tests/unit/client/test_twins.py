"""The two clients offer the same, in the same words."""

from __future__ import annotations

import inspect
import re
from types import FunctionType

import pytest

from omnireel.client import _async, _sync

NOUNS = ("Client", "Result", "Videos", "Tasks", "Files", "Models", "Webhooks", "Pages", "TaskEvents")
RAW = ("RawClient", "RawVideos", "RawTasks", "RawFiles", "RawModels", "RawWebhooks")
_OWN = {"__aenter__": "__enter__", "__aexit__": "__exit__", "__aiter__": "__iter__", "__anext__": "__next__"}


def methods(kind: type) -> dict[str, FunctionType]:
    found = {name: value for name, value in vars(kind).items() if isinstance(value, FunctionType)}
    return {_OWN.get(name, name): value for name, value in found.items()}


def signature(method: FunctionType) -> list[tuple[str, object, object]]:
    parameters = inspect.signature(method).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]


@pytest.mark.parametrize("noun", NOUNS)
def test_what_one_client_can_do_the_other_can(noun: str) -> None:
    blocking, waiting = methods(getattr(_sync, noun)), methods(getattr(_async, f"Async{noun}"))

    assert blocking.keys() == waiting.keys()
    for name, method in blocking.items():
        assert signature(method) == signature(waiting[name]), f"{noun}.{name}"
        assert method.__doc__ == waiting[name].__doc__, f"{noun}.{name}"


@pytest.mark.parametrize("noun", RAW)
def test_both_give_the_same_answers_as_they_came(noun: str) -> None:
    def wrapped(kind: type) -> list[str]:
        return re.findall(r"self\.(\w+) =", inspect.getsource(kind))

    assert wrapped(getattr(_sync, noun)) == wrapped(getattr(_async, f"Async{noun}"))
