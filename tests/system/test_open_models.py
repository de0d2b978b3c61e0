"""Open models, for real: a server, its worker, boxed attempts, and the process that holds the weights. The
weights are random and tiny, in the layout of the real ones.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from tests.media_files import make_image, make_video
from tests.real_server import RealServer, clean_environment, real_server
from tests.torch_or_skip import torch

from omnireel import Client, TaskFailed
from omnireel.models import TaskStatus
from omnireel.testing.tiny_models import TinyModel, make_tiny, write_tiny_profile

pytestmark = [pytest.mark.system, pytest.mark.slow]

PATIENCE = 120.0
SLOW = "slow"
SHAPES = {
    TinyModel.WAN: ("text", "first", "last"),
    TinyModel.WAN_TI2V: ("text", "first", "ten seconds", "shots"),
    TinyModel.WAN_VACE: ("last", "subjects", "edit"),
    TinyModel.LTX2: ("first", "sound"),
    TinyModel.BERNINI: ("text", "subjects", "edit", "edit+subjects"),
}


@dataclass(frozen=True)
class Studio:
    """A server with an engine for each tiny model, and files to ask with."""

    server: RealServer
    first: Path
    last: Path
    clip: Path


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    assert torch.__version__
    folder = tmp_path_factory.mktemp("models")
    engines = {model.value: _table(model, folder) for model in TinyModel}
    slow = folder / "slow.toml"
    text = Path(engines[TinyModel.WAN_TI2V]["profile"]).read_text()
    slow.write_text(text.replace("steps = 2", "steps = 60"))
    engines[SLOW] = engines[TinyModel.WAN_TI2V] | {"profile": str(slow)}
    with real_server(
        folder,
        "--allow-private-network",
        OMNIREEL_ENGINES=json.dumps(engines),
        OMNIREEL_ENGINE=TinyModel.WAN.value,
        OMNIREEL_KERNEL_FOLDER=str(folder / "kernels"),
        OMNIREEL_REQUESTS_PER_MINUTE="100000",
        # What runs is the code beside this file, wherever the package is installed from.
        PYTHONPATH=os.pathsep.join(sys.path),
    ) as server:
        yield Studio(
            server,
            make_image(folder / "first.png", width=640, height=480),
            make_image(folder / "last.png", width=480, height=480),
            make_video(folder / "clip.mp4", seconds=5, audio=True),
        )


def _table(model: TinyModel, folder: Path) -> dict[str, str]:
    make_tiny(model, folder / "weights")
    return {
        "kind": "diffusers",
        "profile": str(write_tiny_profile(model, folder)),
        "folder": str(folder / "weights"),
        "device": "cpu",
    }


def flags_of(shape: str, studio: Studio) -> list[str]:
    """The words of the command line that ask for a shape."""
    first, last = str(studio.first), str(studio.last)
    match shape:
        case "first":
            return ["the clouds drift", "--first-frame", first, "--duration", "5"]
        case "last":
            return ["the sun sets", "--first-frame", first, "--last-frame", last, "--duration", "5"]
        case "subjects":
            return ["<<<image_1>>> and <<<image_2>>> dance", "--image", first, "--image", last]
        case "edit":
            return ["replace the sky with stars", "--video", str(studio.clip), "--keep-original-sound"]
        case "edit+subjects":
            return ["dress everybody like <<<image_1>>>", "--video", str(studio.clip), "--image", first]
        case "ten seconds":
            return ["a fox runs", "--duration", "10"]
        case "shots":
            return ["Shot 1: a fox runs. Shot 2: a bear sleeps.", "--multi-shot"]
        case "sound":
            return ["a thunderstorm", "--sound", "on"]
    return ["a fox runs", "--aspect-ratio", "9:16"]


@pytest.mark.parametrize(("model", "shape"), [(model, shape) for model in SHAPES for shape in SHAPES[model]])
def test_the_command_line_makes_a_video_of_every_shape(
    model: TinyModel, shape: str, studio: Studio, tmp_path: Path
) -> None:
    made = subprocess.run(
        [
            *(sys.executable, "-m", "omnireel", "generate", *flags_of(shape, studio)),
            *("--engine", model.value, "--mode", "std", "--seed", "5", "-o", str(tmp_path / "made.mp4")),
        ],
        env=clean_environment(
            OMNIREEL_BASE_URL=studio.server.origin,
            OMNIREEL_API_KEY=studio.server.key,
            HOME=str(tmp_path),
            PYTHONPATH=os.pathsep.join(sys.path),
        ),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert made.returncode == 0, made.stderr
    with Client(studio.server.origin, studio.server.key) as client:
        task = next(iter(client.tasks.list()))
    video = task.resource("primary")
    assert video is not None
    assert task.engine == model.value
    assert video.duration == pytest.approx(10 if shape == "ten seconds" else 5, abs=0.01)
    assert video.fps == (24 if "edit" in shape else 8)
    assert (tmp_path / "made.mp4").stat().st_size == video.size


def test_the_same_seed_gives_the_same_bytes(studio: Studio) -> None:
    with Client(studio.server.origin, studio.server.key) as client:
        hashes = set()
        # Another model is loaded in between.
        for engine in (TinyModel.WAN, TinyModel.WAN_TI2V, TinyModel.WAN):
            result = client.videos.create_and_wait("a fox runs", engine=engine.value, mode="std", seed=5)
            video = result.task.resource("primary")
            assert video is not None
            hashes.add((engine, video.sha256))
    assert len(hashes) == 2


def test_a_cancel_stops_the_model_within_a_step(studio: Studio) -> None:
    with Client(studio.server.origin, studio.server.key) as client:
        task = client.videos.create("a fox runs", engine=SLOW, mode="std")
        _until_denoising(client, task.task_id)
        client.tasks.cancel(task.task_id)
        _until(client, task.task_id, TaskStatus.CANCELED)
        process = _model_process(studio)
        # The process was not killed for it, and works on what comes next.
        result = client.videos.create_and_wait("a fox runs", engine=SLOW, mode="pro", timeout=PATIENCE)
        assert result.task.status is TaskStatus.SUCCESS
        assert _model_process(studio) == process


def test_a_killed_model_process_costs_one_attempt(studio: Studio) -> None:
    with Client(studio.server.origin, studio.server.key) as client:
        task = client.videos.create("a fox runs", engine=SLOW, mode="std", duration=5)
        _until_denoising(client, task.task_id)
        before = _model_process(studio)
        os.kill(before, signal.SIGKILL)
        _until(client, task.task_id, TaskStatus.SUCCESS)
        assert _model_process(studio) != before


def test_weights_that_are_not_there_are_named_with_the_way_to_get_them(tmp_path: Path) -> None:
    table = _table(TinyModel.WAN_VACE, tmp_path) | {"folder": str(tmp_path / "nowhere")}
    with (
        real_server(
            tmp_path,
            OMNIREEL_ENGINES=json.dumps({"vace": table}),
            OMNIREEL_ENGINE="vace",
            OMNIREEL_KERNEL_FOLDER=str(tmp_path / "kernels"),
            PYTHONPATH=os.pathsep.join(sys.path),
        ) as server,
        Client(server.origin, server.key) as client,
        pytest.raises(TaskFailed, match="omnireel models pull"),
    ):
        client.videos.create_and_wait("a fox runs", mode="std", timeout=PATIENCE)


def _until_denoising(client: Client, task_id: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (client.tasks.get(task_id).progress or 0) <= 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _until(client: Client, task_id: str, status: TaskStatus) -> None:
    deadline = time.monotonic() + PATIENCE
    while (task := client.tasks.get(task_id)).status is not status:
        assert not task.status.terminal, task
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _model_process(studio: Studio) -> int:
    """The one that belongs to the server that runs in this folder."""
    [found] = [
        process.pid
        for process in psutil.process_iter(["cmdline", "cwd"])
        if "omnireel.execution.model_process" in (process.info["cmdline"] or ())
        and str(studio.server.folder) in (process.info["cwd"] or "")
    ]
    return found
