"""Weights brought from a hub, by the library that speaks with the real one."""

from __future__ import annotations

import json
import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.hub_server import COMMIT, HubServer, hub_serving
from tests.unit.cli.commands import Ended
from tests.unit.cli.inside import Inside

needs_hub = pytest.mark.skipif(
    find_spec("huggingface_hub") is None,
    reason="huggingface_hub is not installed: pip install huggingface_hub",
)
PROFILE = "wan-vace-1.3b"
FOLDER = "Wan-AI--Wan2.1-VACE-1.3B-diffusers"
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"
LARGE = random.Random(7).randbytes(12_000_000)
CUT = 11_000_000
WRITTEN = 10 * 2**20
"""What of a cut answer is on disk: the library writes ten MiB at a time."""
FILES = {
    "model_index.json": b'{"_class_name": "WanVACEPipeline"}',
    "transformer/config.json": b"{}",
    WEIGHTS: LARGE,
    "transformer/diffusion_pytorch_model.fp16.safetensors": b"the same again, narrower",
    "vae/diffusion_pytorch_model.safetensors": LARGE[:700_000],
    "tokenizer/spiece.model": b"pieces",
    "tokenizer/special_tokens_map.json": b"",
    "README.md": b"words",
    "Wan2.1_VAE.pth": b"a pickle",
    "text_encoder/pytorch_model.bin": b"another pickle",
    "wan-all-in-one.safetensors": b"everything once more",
    "pipeline.py": b"print('code')",
    "../outside.json": b"{}",
}
TAKEN = {
    "model_index.json", "transformer/config.json", WEIGHTS, "vae/diffusion_pytorch_model.safetensors",
    "tokenizer/spiece.model", "tokenizer/special_tokens_map.json",
}  # fmt: skip


@dataclass(frozen=True)
class Puller:
    """`omnireel models …` with the stand-in as the hub."""

    inside: Inside
    hub: HubServer

    @property
    def folder(self) -> Path:
        return self.inside.folder / "models" / FOLDER

    def __call__(self, verb: str, *words: str, profile: str = PROFILE, **environment: str) -> Ended:
        asked = ("models", verb, profile, "--folder", "models", *words)
        return self.inside(*asked, HF_ENDPOINT=self.hub.base_url, **environment)

    def holds(self) -> set[str]:
        """Files under their own names, without what we write ourselves."""
        found = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}
        return {name for name in found if not name.endswith(".part")} - {"omnireel.json", ".pull.lock"}

    def parts(self) -> list[Path]:
        return [path for path in self.folder.rglob("*.part") if WEIGHTS in str(path)]


@pytest.fixture
def puller(nowhere: Inside) -> Iterator[Puller]:
    nowhere.patch.delenv("HF_TOKEN", raising=False)
    if find_spec("huggingface_hub"):
        # Read when it was loaded, by a test of models that want no network perhaps.
        nowhere.patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with hub_serving(FILES) as hub:
        yield Puller(nowhere, hub)


@needs_hub
def test_a_pull_brings_weights_settings_and_tokenizers_and_nothing_that_is_run(puller: Puller) -> None:
    ended = puller("pull")

    assert ended.code == 0, ended.err
    assert ended.out == f"models/{FOLDER}\n"
    assert puller.holds() == TAKEN
    assert (puller.folder / WEIGHTS).read_bytes() == LARGE
    assert "6 files, all checked" in ended.err
    assert "downloading" in ended.err


def surroundings() -> dict[str, str]:
    """Our environment as it was: a model that was loaded here has gone offline."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))
    }


@needs_hub
def test_a_terminal_has_a_bar_with_bytes(puller: Puller) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "omnireel", "models", "pull", PROFILE]
    environment = {**surroundings(), "HF_ENDPOINT": puller.hub.base_url, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(words, cwd=puller.inside.folder, env=environment, stderr=theirs) as child:
        os.close(theirs)
        drawn = b""
        with suppress(OSError):  # the end of a terminal
            while chunk := os.read(ours, 65536):
                drawn += chunk
        assert child.wait(60) == 0
    os.close(ours)

    assert b"downloading" in drawn
    assert b"12.1/12.1 MiB" in drawn
    assert b"Traceback" not in drawn


@needs_hub
def test_the_index_comes_last_so_that_a_folder_which_has_one_is_whole(puller: Puller) -> None:
    puller("pull")

    assert puller.hub.fetched()[-1] == "model_index.json"


@needs_hub
def test_a_second_pull_fetches_nothing(puller: Puller) -> None:
    puller("pull")
    puller.hub.asked.clear()

    assert puller("pull", "--quiet").err == ""
    assert puller.hub.fetched() == []


@needs_hub
def test_programs_get_a_document(puller: Puller) -> None:
    (document,) = json.loads(puller("pull", "--json", "-q").out)

    assert document == {
        "repo": puller.hub.repo, "commit": COMMIT, "folder": f"models/{FOLDER}",
        "bytes": sum(len(FILES[name]) for name in TAKEN),
    }  # fmt: skip


@needs_hub
def test_a_cut_connection_is_gone_on_with_in_the_same_pull(puller: Puller) -> None:
    puller.hub.cut[WEIGHTS] = CUT

    assert puller("pull").code == 0
    assert (puller.folder / WEIGHTS).read_bytes() == LARGE
    assert f"bytes={WRITTEN}-" in {one.range for one in puller.hub.asked}


@needs_hub
def test_a_pull_that_fails_half_way_is_resumed_by_the_next(puller: Puller) -> None:
    # Alone, so that no other file's failure comes first.
    puller.hub.files = {name: FILES[name] for name in ("model_index.json", WEIGHTS)}
    puller.hub.cut[WEIGHTS] = CUT
    puller.hub.away_after_cut = True

    ended = puller("pull")

    assert ended.code == 1
    assert "answered 503" in ended.err
    assert puller.holds() & {WEIGHTS, "model_index.json"} == set()
    assert [part.stat().st_size for part in puller.parts()] == [WRITTEN]
    puller.hub.away, puller.hub.away_after_cut = False, False
    puller.hub.asked.clear()
    assert puller("pull").code == 0
    assert (puller.folder / WEIGHTS).read_bytes() == LARGE
    assert f"bytes={WRITTEN}-" in {one.range for one in puller.hub.asked}
    assert puller.parts() == []


@needs_hub
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_pull_that_is_stopped_is_resumed_by_the_next(
    puller: Puller, sent: signal.Signals, code: int
) -> None:
    puller.hub.stall[WEIGHTS] = CUT
    words = [sys.executable, "-m", "omnireel", "models", "pull", PROFILE, "--folder", "models"]
    environment = {**surroundings(), "HF_ENDPOINT": puller.hub.base_url}
    with subprocess.Popen(
        words, cwd=puller.inside.folder, env=environment, stderr=subprocess.DEVNULL
    ) as child:
        until = time.monotonic() + 60
        while [part.stat().st_size for part in puller.parts()] != [WRITTEN] and time.monotonic() < until:
            time.sleep(0.02)
        child.send_signal(sent)
        assert child.wait(60) == code

    puller.hub.stall.clear()
    assert puller("pull").code == 0
    assert (puller.folder / WEIGHTS).read_bytes() == LARGE
    assert f"bytes={WRITTEN}-" in {one.range for one in puller.hub.asked}


@needs_hub
@pytest.mark.parametrize(
    ("name", "kind"),
    [(WEIGHTS, "SHA-256"), ("transformer/config.json", "git blob id")],
    ids=["large", "small"],
)
def test_wrong_bytes_are_told_and_not_kept(puller: Puller, name: str, kind: str) -> None:
    puller.hub.spoiled.add(name)

    ended = puller("pull")

    assert ended.code == 1
    assert f"{name} has the {kind}" in ended.err
    assert puller.holds() & {name, "model_index.json"} == set()
    assert puller.parts() == []
    puller.hub.spoiled.clear()
    assert puller("pull").code == 0
    assert puller.holds() == TAKEN


@needs_hub
def test_gated_weights_say_where_to_accept_and_go_with_a_token(puller: Puller) -> None:
    puller.hub.token = "hf_secret"

    ended = puller("pull")

    assert ended.code == 1
    assert f"{puller.hub.base_url}/{puller.hub.repo}" in ended.err
    assert "HF_TOKEN" in ended.err
    assert puller("pull", HF_TOKEN="hf_secret").code == 0


@needs_hub
def test_a_token_does_not_go_to_where_large_files_lie(puller: Puller) -> None:
    assert puller("pull", HF_TOKEN="hf_secret").code == 0

    large = [one for one in puller.hub.asked if one.path.startswith("/large/")]
    assert {one.token for one in large} == {None}
    assert len(large) == 2


@needs_hub
def test_a_repository_or_revision_that_is_not_there_is_1(puller: Puller) -> None:
    ended = puller("pull", "--revision", "v9")
    assert (ended.code, "has no revision 'v9'" in ended.err) == (1, True)

    puller.hub.repo = "Wan-AI/another"
    ended = puller("pull")
    assert (ended.code, "there is no Wan-AI/Wan2.1-VACE-1.3B-diffusers" in ended.err) == (1, True)


@needs_hub
def test_a_hub_that_is_not_there_is_1(puller: Puller) -> None:
    puller.hub.base_url = "http://127.0.0.1:9"

    ended = puller("pull")

    assert (ended.code, "cannot be reached" in ended.err) == (1, True)


@needs_hub
def test_what_the_disk_has_no_room_for_is_not_begun(puller: Puller) -> None:
    puller.hub.claimed_size = 10**16

    ended = puller("pull")

    assert ended.code == 1
    assert "GiB are still to come" in ended.err
    assert puller.hub.fetched() == []
    assert puller.holds() == set()


@needs_hub
def test_files_put_there_by_other_means_are_checked_and_kept(puller: Puller) -> None:
    path = puller.folder / WEIGHTS
    path.parent.mkdir(parents=True)
    path.write_bytes(LARGE)

    assert puller("pull").code == 0
    assert WEIGHTS not in puller.hub.fetched()


@needs_hub
def test_another_commit_brings_what_changed_and_takes_away_what_went(puller: Puller) -> None:
    puller("pull")
    puller.hub.commit = COMMIT[::-1]
    puller.hub.files["transformer/config.json"] = b'{"layers": 30}'
    del puller.hub.files["tokenizer/spiece.model"]
    puller.hub.asked.clear()

    assert puller("pull").code == 0

    assert puller.hub.fetched() == ["transformer/config.json", "model_index.json"]
    assert (puller.folder / "transformer/config.json").read_bytes() == b'{"layers": 30}'
    assert puller.holds() == TAKEN - {"tokenizer/spiece.model"}


@needs_hub
def test_a_flipped_bit_is_found_by_verify_and_mended_by_what_it_says(puller: Puller) -> None:
    puller("pull")
    assert puller("verify").out == f"{puller.hub.repo}: whole\n"
    (puller.folder / WEIGHTS).write_bytes(LARGE[:-1] + b"?")
    (puller.folder / "tokenizer/spiece.model").unlink()

    ended = puller("verify")

    assert ended.code == 1
    assert f"{WEIGHTS} has the SHA-256" in ended.out
    assert "tokenizer/spiece.model is missing" in ended.out
    assert f"omnireel models pull {PROFILE} --folder models" in ended.err


@needs_hub
def test_two_pulls_into_one_folder_do_not_mix(puller: Puller) -> None:
    import fcntl

    puller.folder.mkdir(parents=True)
    with (puller.folder / ".pull.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = puller("pull")

    assert (ended.code, "somebody else is downloading" in ended.err) == (1, True)


def test_weights_that_nobody_pulled_cannot_be_verified(puller: Puller) -> None:
    ended = puller("verify")

    assert ended.code == 1
    assert f"omnireel models pull {PROFILE} --folder models" in ended.err


@pytest.mark.skipif(find_spec("huggingface_hub") is not None, reason="huggingface_hub is installed")
def test_without_the_library_it_says_what_to_install(puller: Puller) -> None:
    ended = puller("pull")

    assert ended.code == 1
    assert "pip install 'omnireel[diffusers]'" in ended.err


OTHER = """
title = "Model of Two Halves"
family = "wan"
fps = 16
frame_step = 4
frame_offset = 1
longest = 81
[licence]
name = "Such and Such Licence"
url = "https://example.com/licence"
accept = true
note = "No use by firms that earn more than 10 million a year."
[[weights]]
repo = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
download_gib = 1.0
does = ["text"]
[[weights]]
repo = "Wan-AI/another"
download_gib = 1.0
does = ["keyframes"]
[std]
width = 832
height = 480
steps = 30
guidance = 5.0
[pro]
width = 832
height = 480
steps = 30
guidance = 5.0
[memory_gib]
resident = 18.0
"""


@pytest.fixture
def other(puller: Puller) -> str:
    (puller.inside.folder / "other.toml").write_text(OTHER)
    return "other.toml"


def test_a_licence_to_be_accepted_is_told_before_anything_is_fetched(puller: Puller, other: str) -> None:
    ended = puller("pull", profile=other)

    assert ended.code == 2
    assert "Such and Such Licence (https://example.com/licence). No use by firms" in ended.err
    assert "--accept-licence" in ended.err
    assert puller.hub.asked == []


@needs_hub
def test_one_kind_of_work_needs_its_repository_alone(puller: Puller, other: str) -> None:
    ended = puller("pull", "--accept-licence", "--only", "text", profile=other)

    assert ended.code == 0, ended.err
    assert puller.holds() == TAKEN
    assert {one.path for one in puller.hub.asked if "another" in one.path} == set()


@pytest.mark.parametrize(
    ("words", "saying"),
    [
        (("--only", "flying"), "does not do flying; it does keyframes, text"),
        (("--revision", COMMIT), "choose by --only"),
    ],
)
def test_a_choice_that_makes_no_sense_is_2(
    puller: Puller, other: str, words: tuple[str, ...], saying: str
) -> None:
    ended = puller("pull", "--accept-licence", *words, profile=other)

    assert (ended.code, saying in ended.err) == (2, True)


def test_a_profile_that_does_not_exist_is_2(puller: Puller) -> None:
    ended = puller("pull", profile="nix")

    assert (ended.code, "there are: " in ended.err) == (2, True)


def test_profiles_say_licence_size_memory_and_that_nothing_is_here(nowhere: Inside) -> None:
    text = nowhere("models", "profiles", "--folder", "models").out

    assert f"{PROFILE}  Wan 2.1 VACE 1.3B; Apache-2.0" in text
    assert "19.0 GiB, not here; GiB of GPU memory: 18 resident" in text


@needs_hub
def test_profiles_say_what_is_here(puller: Puller) -> None:
    puller("pull")

    documents = json.loads(puller.inside("models", "profiles", "--folder", "models", "--json").out)

    (found,) = [one for one in documents if one["profile"] == PROFILE]
    assert (found["here"], found["missing_gib"]) == (True, 0.0)
