"""Weights as a hub serves them, pulled, and loaded by the real loader: nothing it needs is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.hub_server import HubServer, hub_serving
from tests.torch_or_skip import REASON

from omnireel.engines.diffusers.call import Call, Conditioning
from omnireel.engines.diffusers.hub import Hub
from omnireel.engines.diffusers.loading import load
from omnireel.engines.diffusers.options import DiffusersOptions
from omnireel.engines.diffusers.pulling import Place, Progress, pull, verify
from omnireel.testing.tiny_models import TinyModel, make_tiny, write_tiny_profile

pytest.importorskip("huggingface_hub", reason=REASON)

CALL = Call(
    conditioning=Conditioning.TEXT, prompt="a cat", negative_prompt="", width=64, height=48, frames=5, fps=16,
    steps=1, guidance=1.0, guidance_low=None, shift=None, seed=7,
)  # fmt: skip


def published(folder: Path) -> dict[str, bytes]:
    """A repository's files, by their names in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def place_of(server: HubServer, options: DiffusersOptions) -> tuple[Hub, Place]:
    (weights,) = options.model.weights
    hub = Hub(server.base_url)
    return hub, Place(hub.listing(weights.repo, weights.revision), options.folder_of(weights.repo))


def test_a_model_that_was_pulled_makes_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Read when the library was loaded, by another test of models perhaps.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    made = make_tiny(TinyModel.WAN_VACE, tmp_path / "made")
    profile = write_tiny_profile(TinyModel.WAN_VACE, tmp_path)
    options = DiffusersOptions(profile=str(profile), folder=tmp_path / "models", device="cpu")
    told: list[Progress] = []

    with hub_serving(published(made)) as server:
        server.repo = options.model.weights[0].repo
        hub, place = place_of(server, options)
        pull(hub, [place], told.append)

    assert verify(place, told.append) == ()
    assert told[-1].done == told[-1].total == place.record.size
    model = load(options.model, Conditioning.TEXT, options, threads=1)
    try:
        frames = model.generate(CALL, {}, lambda share, note: None).frames
    finally:
        model.close()
    assert (frames.shape, str(frames.dtype)) == ((5, 48, 64, 3), "uint8")
