"""Compiled kernels are shared by a user's servers, and only ever lie where nobody else may write."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnireel.app.kernel_folder import kernel_folder
from omnireel.settings import Settings


def test_all_servers_of_a_user_share_one_folder(tmp_path: Path) -> None:
    first, second = (Settings(data=tmp_path / name) for name in ("one", "two"))
    by_home, by_cache = {"HOME": str(tmp_path)}, {"HOME": "/nowhere", "XDG_CACHE_HOME": str(tmp_path / "xdg")}

    assert kernel_folder(first, by_home) == kernel_folder(second, by_home)
    assert kernel_folder(first, by_home) == tmp_path / ".cache" / "omnireel" / "kernels"
    assert kernel_folder(first, by_cache) == tmp_path / "xdg" / "omnireel" / "kernels"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, kernel_folder=tmp_path / "mine")

    assert kernel_folder(settings, {"HOME": str(tmp_path)}) == tmp_path / "mine"


@pytest.mark.parametrize("environment", [{}, {"HOME": "."}, {"HOME": "/dev/null"}])
def test_who_has_no_home_keeps_them_with_the_data(tmp_path: Path, environment: dict[str, str]) -> None:
    assert kernel_folder(Settings(data=tmp_path), environment) == tmp_path / "kernels"


@pytest.mark.parametrize("place", [".", ".cache", ".cache/omnireel", ".cache/omnireel/kernels"])
def test_a_cache_that_others_may_write_is_not_believed(tmp_path: Path, place: str) -> None:
    open_to_all = tmp_path / place
    open_to_all.mkdir(parents=True, exist_ok=True)
    open_to_all.chmod(0o777)

    assert kernel_folder(Settings(data=tmp_path), {"HOME": str(tmp_path)}) == tmp_path / "kernels"
