from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.media_files import make_image, make_video
from tests.service.house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
def standing(tmp_path: Path, port: int) -> Iterator[House]:
    """A house whose links lead to the port."""
    with open_house(tmp_path, base_url=f"http://127.0.0.1:{port}") as house:
        yield house


@pytest.fixture
def client(house: House) -> TestClient:
    return house.client()


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good PNG."""
    return make_image(tmp_path_factory.mktemp("media") / "picture.png").read_bytes()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A good MP4 of three seconds."""
    return make_video(tmp_path_factory.mktemp("media") / "clip.mp4").read_bytes()
