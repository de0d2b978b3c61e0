"""The documentation's engine: installed as a user would, and run by a real server."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import av
import pytest
from tests.documents import ROOT
from tests.real_server import real_server

from omnireel import Client
from omnireel.director.direct import direct
from omnireel.engines.base import Engine
from omnireel.models import AspectRatio, Job, Mode, VideoRequest
from omnireel.testing.engine import EngineCase, EngineContract

pytestmark = pytest.mark.system

EXAMPLE = ROOT / "docs" / "examples" / "waves"
REQUEST = VideoRequest(
    "kling/kling-video-o1", "waves", mode=Mode.STD, aspect_ratio=AspectRatio.SQUARE, duration=1
)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that sees what ours does, with the example installed by pip."""
    folder = tmp_path_factory.mktemp("user") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (site / "ours.pth").write_text(f"{ROOT / 'src'}\n{sysconfig.get_path('purelib')}\n")
    python = folder / "bin" / "python"
    copied = folder / "waves"
    copied.mkdir()
    for name in ("pyproject.toml", "omnireel_waves.py"):
        (copied / name).write_bytes((EXAMPLE / name).read_bytes())
    install = ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation", str(copied)]
    subprocess.run([python, *install], check=True, capture_output=True, timeout=120)
    return python


def test_it_makes_a_video_on_a_real_server(python: Path, tmp_path: Path) -> None:
    with (
        real_server(tmp_path, program=python, OMNIREEL_ENGINE="waves") as server,
        Client(server.origin, server.key) as client,
    ):
        result = client.videos.create_and_wait("Coloured waves", mode="std", aspect_ratio="1:1", seed=3)
        path = result.download(tmp_path / "waves.mp4")

    assert result.task.engine == "waves"
    assert result.warnings == ("the waves engine does not read the prompt",)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (960, 960)
        assert sum(1 for _ in container.decode(stream)) == 120


def test_it_is_about_forty_lines() -> None:
    code = [line for line in (EXAMPLE / "omnireel_waves.py").read_text().splitlines() if line.strip()]

    assert len(code) <= 45


class TestTheExample(EngineContract):
    cases: ClassVar[Sequence[EngineCase]] = (EngineCase(Job(REQUEST, direct(REQUEST))),)

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        engine: Engine = _module().WavesEngine(threads=1)
        yield engine
        engine.close()


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("omnireel_waves", EXAMPLE / "omnireel_waves.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
