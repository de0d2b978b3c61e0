"""What a node is told, and what it finds itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omnireel.app.executors import open_executor, shape_of
from omnireel.app.node import open_node, sent
from omnireel.clock import SystemClock
from omnireel.errors import CannotStart
from omnireel.execution.cluster.messages import Shape
from omnireel.settings import EngineTable, Settings
from omnireel.storage.local import LocalBlobs
from omnireel.testing.executor import FAKE, attempt, ending_of

TOLD = "omnireel.testing.told_engine:ToldEngine"
SECRET = "never-to-be-sent"


def settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"data": folder, "engine": FAKE, "kernel_folder": folder / "k"} | more)


def test_no_secret_is_sent(tmp_path: Path) -> None:
    ours = settings(
        tmp_path,
        database=f"postgresql://omnireel:{SECRET}@db/omnireel",
        engines={"told": EngineTable.model_validate({"kind": TOLD, "api_key": SECRET})},
        s3_bucket="videos",
        attempt_seconds=77,
    )
    told = sent(ours)
    assert SECRET not in json.dumps(told)
    assert told["s3_bucket"] == "videos"
    assert told["attempt_seconds"] == 77


def test_a_node_finds_its_engines_and_their_secrets_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {"told": {"kind": TOLD, "api_key": {"env": "TOLD_KEY"}, "greeting": "hello"}}
    monkeypatch.setenv("TOLD_KEY", SECRET)
    monkeypatch.setenv("OMNIREEL_ENGINES", json.dumps(tables))
    monkeypatch.setenv("OMNIREEL_DATA", str(tmp_path / "node"))
    monkeypatch.setenv("OMNIREEL_KERNEL_FOLDER", str(tmp_path / "k"))
    executor = open_node(sent(settings(tmp_path / "dispatcher")), threads=1)
    try:
        handle = executor.start(attempt("a cat fake:fail", engine="told"))
        assert SECRET not in str(ending_of(handle))
        assert handle.scratch.is_relative_to(tmp_path / "node")
    finally:
        executor.close()


def test_a_node_without_a_data_folder_of_its_own_takes_the_dispatchers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNIREEL_KERNEL_FOLDER", str(tmp_path / "k"))
    executor = open_node(sent(settings(tmp_path / "shared")), threads=1)
    handle = executor.start(attempt("a cat fake:hang"))
    assert handle.scratch.is_relative_to(tmp_path / "shared" / "scratch")
    executor.close()


def test_a_shape_is_what_the_engine_says_unless_the_settings_do(tmp_path: Path) -> None:
    assert shape_of(settings(tmp_path), FAKE) == Shape(cpus=1.0, gpus=0.0, memory=2 * 1024**3)
    assert shape_of(settings(tmp_path), "studio").cpus == 2.0
    assert shape_of(settings(tmp_path, engine_threads=3), "studio").cpus == 3
    assert shape_of(settings(tmp_path), "nobody") == Shape()
    assert shape_of(settings(tmp_path), "os:system") == Shape()


def test_without_ray_the_setting_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnireel.app.executors.find_spec", lambda name: None)
    blobs = LocalBlobs(tmp_path / "files", base_url="", secret=b"", clock=SystemClock())
    with pytest.raises(CannotStart, match=r"pip install 'omnireel\[ray\]'"):
        open_executor(settings(tmp_path, executor="ray"), tmp_path / "scratch", blobs)
