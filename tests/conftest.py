from __future__ import annotations

import signal

import pytest


def pytest_configure() -> None:
    """Shells start background jobs deaf to Ctrl-C, and children inherit that; those of tests must not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under `--dist loadgroup`, tests with real servers take turns: their leases run on real time."""
    for item in items:
        if item.get_closest_marker("system"):
            item.add_marker(pytest.mark.xdist_group("system"))
