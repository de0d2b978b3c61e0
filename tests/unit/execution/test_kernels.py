from __future__ import annotations

from pathlib import Path

import pytest

from omnireel.execution.kernels import KEPT, KernelCache


def filled(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "kernel.nbc").write_text(text)
    return folder


def test_nothing_is_ready_at_first(tmp_path: Path) -> None:
    kernels = KernelCache(tmp_path / "cache")
    assert not kernels.ready("studio")
    kernels.copy("studio", tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_an_adopted_cache_is_copied_and_not_shared(tmp_path: Path) -> None:
    kernels = KernelCache(tmp_path / "cache")
    kernels.adopt("studio", filled(tmp_path / "new", "good"))
    kernels.copy("studio", tmp_path / "first")
    (tmp_path / "first" / "kernel.nbc").write_text("poisoned")
    kernels.copy("studio", tmp_path / "second")
    assert (tmp_path / "second" / "kernel.nbc").read_text() == "good"


def test_the_first_to_adopt_wins(tmp_path: Path) -> None:
    kernels = KernelCache(tmp_path / "cache")
    kernels.adopt("studio", filled(tmp_path / "a", "first"))
    kernels.adopt("studio", filled(tmp_path / "b", "second"))
    kernels.copy("studio", tmp_path / "copy")
    assert (tmp_path / "copy" / "kernel.nbc").read_text() == "first"
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_each_engine_has_its_own(tmp_path: Path) -> None:
    kernels = KernelCache(tmp_path / "cache")
    kernels.adopt("studio", filled(tmp_path / "a", "studio"))
    assert not kernels.ready("other")


def test_a_cache_that_cannot_be_kept_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file is in the way")
    with pytest.raises(OSError, match="cache"):
        KernelCache(tmp_path / "cache").adopt("studio", filled(tmp_path / "a", "x"))


def test_caches_of_code_that_is_gone_are_forgotten(tmp_path: Path) -> None:
    kernels = KernelCache(tmp_path / "cache")
    for number in range(KEPT + 3):
        kernels.adopt(f"engine-{number}", filled(tmp_path / str(number), "x"))
    assert len(list((tmp_path / "cache").iterdir())) == KEPT
    assert kernels.ready(f"engine-{KEPT + 2}")
