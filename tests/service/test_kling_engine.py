"""Clips ordered from Kling's API: from a second Omnireel that speaks it, and from a stand-in that breaks."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from tests.kling_server import ACCESS, DROP, LOSE, SECRET, KlingServer, kling_server
from tests.media_files import make_image, make_video
from tests.real_server import clean_environment
from tests.service.house import House
from tests.service.upstream import Upstream, upstream

from omnireel.crashpoints import VARIABLE
from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.engines.upstream.kling.engine import KlingEngine
from omnireel.errors import (
    Canceled,
    EngineFailed,
    EngineLost,
    EngineUnavailable,
    HandedOver,
    InvalidRequest,
    OutcomeUnknown,
    WorkerLost,
)
from omnireel.models import (
    AspectRatio,
    Clip,
    ImageRole,
    Job,
    MediaKind,
    MediaRef,
    Mode,
    Succeeded,
    VideoRequest,
    VideoRole,
)
from omnireel.testing.engine import RecordingRun

KIND = "omnireel.engines.upstream.kling.engine:KlingEngine"
PATIENCE = 60.0
PICTURE, OTHER = MediaRef(MediaKind.IMAGE, "blob:picture"), MediaRef(MediaKind.IMAGE, "blob:other")
STORED, LINKED = MediaRef(MediaKind.VIDEO, "blob:video"), MediaRef(MediaKind.VIDEO, "https://x.example/a.mp4")


@pytest.fixture
def there(standing: House, port: int, tmp_path: Path) -> Iterator[Upstream]:
    with upstream(standing, port, tmp_path / "there") as found:
        yield found


@pytest.fixture
def kling(tmp_path: Path) -> Iterator[KlingServer]:
    with kling_server(tmp_path / "kling") as found:
        yield found


@dataclass
class StubbornRun(RecordingRun):
    """Raises at the first report with a note that has `at` in it."""

    at: str = "upstream: making"
    raised: type[Canceled] = HandedOver

    def report(self, progress: float, note: str = "") -> None:
        super().report(progress, note)
        if self.at in note:
            raise self.raised("the test stopped the run")


def pair_options(there: Upstream, **more: object) -> dict[str, object]:
    """As a table of the settings would have them, for a second Omnireel."""
    pair = there.house.pairs.of(there.house.keys.list()[0].key_id)
    keys = {"access_key": pair.access_key, "secret_key": pair.secret_key}
    return {"base_url": there.origin, **keys, "inline_videos": True, **more}


def engine(at: Upstream | KlingServer, **more: object) -> KlingEngine:
    if isinstance(at, KlingServer):
        options = {"base_url": at.origin, "access_key": ACCESS, "secret_key": SECRET, **more}
    else:
        options = pair_options(at, **more)
    made = make_engine("kling", EngineSpec(KIND, options), threads=1)
    assert isinstance(made, KlingEngine)
    return made


def job(prompt: str = "a cat fake:warn fake:frames=120", **more: Any) -> Job:
    request = VideoRequest("kling/kling-video-o1", prompt, **{"mode": Mode.STD, **more})
    return Job(request, direct(request))


def made(at: Upstream | KlingServer, run: RecordingRun, asked: Job | None = None, **more: object) -> Clip:
    return engine(at, **more).generate(asked or job(), run)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_clip_is_ordered_followed_and_fetched_as_it_is(there: Upstream, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path)
    clip = made(there, run)
    [order] = there.orders
    assert isinstance(order.outcome, Succeeded)
    stored = tmp_path / "stored.mp4"
    there.house.blobs.get(order.outcome.resources[0].key, stored)
    assert clip.path.read_bytes() == stored.read_bytes()
    assert (clip.frames, clip.duration, order.request.duration) == (120, 5.0, 5)
    assert (order.request.mode, order.request.aspect_ratio) == (Mode.STD, AspectRatio.WIDE)
    assert run.warnings == ["the fake engine was told to warn"]
    first, last = (json.loads(note) for note in run.notes)
    assert (first["order_id"], last["order_id"]) == ("", order.task_id)
    assert order.external_id == first["key"]
    values = [value for value, _ in run.reports]
    assert values == sorted(values)


def test_pictures_go_along_with_their_roles(there: Upstream, tmp_path: Path, picture: bytes) -> None:
    here = tmp_path / "picture"
    here.write_bytes(picture)
    webp = tmp_path / "picture.webp"
    with Image.open(here) as opened:
        opened.save(webp, "WEBP")
    run = RecordingRun(tmp_path, inputs={PICTURE: here, OTHER: webp})
    roles = (ImageRole.REFERENCE, ImageRole.FIRST_FRAME)
    made(there, run, job(images=(PICTURE, OTHER), image_types=roles))
    request = there.orders[0].request
    assert request.image_types == roles
    keys = [ref.blob_key for ref in request.images if ref.blob_key is not None]
    sent = [there.house.blobs.path(key).read_bytes() for key in keys]
    assert sent[0] == picture
    assert sent[1].startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("role", VideoRole)
def test_a_source_video_goes_along(there: Upstream, tmp_path: Path, role: VideoRole) -> None:
    path = make_video(tmp_path / "video.mp4", seconds=3)
    run = RecordingRun(tmp_path, inputs={STORED: path})
    asked = job(videos=(STORED,), duration=None, video_type=role, keep_original_sound=True)
    made(there, run, asked)
    request = there.orders[0].request
    assert (request.video_type, request.keep_original_sound) == (role, True)


def test_a_later_attempt_follows_the_order_of_an_earlier_one(there: Upstream, tmp_path: Path) -> None:
    slow = job("a cat fake:seconds=3 fake:frames=120")
    first = StubbornRun(_folder(tmp_path / "1"))
    with pytest.raises(HandedOver):
        made(there, first, slow)
    made(there, RecordingRun(_folder(tmp_path / "2"), note=first.note), slow)
    assert len(there.orders) == 1


def test_what_is_refused_there_says_why_and_orders_nothing(there: Upstream, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=r"the upstream refuses the request: .*model_name"):
        made(there, RecordingRun(tmp_path), model="kling-v9")
    assert there.orders == ()


def test_keys_that_are_not_taken_are_not_shown(there: Upstream, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        made(there, RecordingRun(tmp_path), secret_key="s" * 40)
    assert str(caught.value) == "the upstream does not take this server's keys"


ATTEMPT = """
import json, sys
from pathlib import Path
from omnireel.director.direct import direct
from omnireel.engines.registry import make_engine
from omnireel.engines.spec import EngineSpec
from omnireel.models import Job, Mode, VideoRequest
from omnireel.testing.engine import RecordingRun

class Kept(RecordingRun):
    def remember(self, note):
        super().remember(note)
        Path(sys.argv[1]).write_text(note)

request = VideoRequest("kling/kling-video-o1", "a cat fake:frames=120", mode=Mode.STD)
spec = EngineSpec(sys.argv[2], json.loads(sys.argv[3]))
make_engine("kling", spec, threads=1).generate(Job(request, direct(request)), Kept(Path(sys.argv[1]).parent))
"""


def _killed(there: Upstream, note: Path, point: str) -> str:
    """What an attempt leaves behind that dies at a named place."""
    ran = subprocess.run(
        [sys.executable, "-c", ATTEMPT, str(note), KIND, json.dumps(pair_options(there))],
        env=clean_environment(**{VARIABLE: point}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == -9, ran.stderr
    return note.read_text()


@pytest.mark.parametrize(("point", "orders"), [("before_pay", 0), ("after_pay", 1), ("after_remember", 1)])
def test_a_kill_around_the_payment_pays_once(
    there: Upstream, tmp_path: Path, point: str, orders: int
) -> None:
    note = _killed(there, tmp_path / "note", point)
    assert len(there.orders) == orders
    made(there, RecordingRun(_folder(tmp_path / "again"), note=note))
    assert len(there.orders) == 1


def test_two_attempts_at_once_under_one_note_make_one_order(there: Upstream, tmp_path: Path) -> None:
    """As when a worker is frozen while it orders, and another takes over."""
    note = _killed(there, tmp_path / "note", "before_pay")
    runs = [RecordingRun(_folder(tmp_path / str(n)), note=note) for n in range(2)]
    threads = [Thread(target=made, args=(there, run)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(there.orders) == 1
    assert all((run.scratch / "clip.mp4").exists() for run in runs)


def test_a_token_is_signed_for_every_call_and_soon_over(kling: KlingServer, tmp_path: Path) -> None:
    made(kling, RecordingRun(tmp_path))
    now = time.time()
    assert len(kling.tokens) >= 3
    for claims in kling.tokens:
        assert claims.keys() == {"iss", "exp", "nbf"}
        assert now < claims["exp"] < now + 600
        assert claims["nbf"] < now


def test_sound_that_nobody_asked_for_is_taken_away(kling: KlingServer, tmp_path: Path) -> None:
    assert not made(kling, RecordingRun(_folder(tmp_path / "1"))).has_audio
    assert made(kling, RecordingRun(_folder(tmp_path / "2")), job(sound=True)).has_audio
    assert [body.get("sound") for body in kling.bodies] == [None, "on"]


def test_what_kling_has_no_word_for_is_left_out_and_said(kling: KlingServer, tmp_path: Path) -> None:
    run = RecordingRun(tmp_path)
    made(kling, run, job(seed=4, negative_prompt="rain"))
    assert run.warnings == [
        "The upstream does not know 'seed', so it was left out.",
        "The upstream does not know 'negative_prompt', so it was left out.",
    ]
    assert not {"seed", "negative_prompt"} & kling.bodies[0].keys()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, {"model_name": "kling-video-o1", "duration": "5", "aspect_ratio": "16:9", "mode": "std"}),
        ({"duration": 10, "mode": Mode.PRO}, {"duration": "10", "mode": "pro"}),
        ({"aspect_ratio": AspectRatio.SQUARE}, {"aspect_ratio": "1:1"}),
        ({"multi_shot": True}, {"multi_shot": True, "shot_type": "intelligence"}),
    ],
)
def test_a_request_is_put_in_klings_words(
    kling: KlingServer, tmp_path: Path, more: dict[str, Any], said: dict[str, Any]
) -> None:
    made(kling, RecordingRun(tmp_path), job("a cat", **more))
    [body] = kling.bodies
    assert body["prompt"] == "a cat"
    assert body | said == body


def test_pictures_open_and_close_or_are_references(kling: KlingServer, tmp_path: Path) -> None:
    path = make_image(tmp_path / "picture.png")
    inputs = {PICTURE: path, OTHER: path}
    asked = [
        job("it moves", images=(PICTURE,)),
        job("from @Image1 to @Image2", images=(PICTURE, OTHER)),
        job("the cat of @Image1 and the dog of @Image2", images=(PICTURE, OTHER)),
    ]
    for number, each in enumerate(asked):
        made(kling, RecordingRun(_folder(tmp_path / str(number)), inputs=inputs), each)
    kinds = [[image.get("type") for image in body["image_list"]] for body in kling.bodies]
    assert kinds == [["first_frame"], ["first_frame", "end_frame"], [None, None]]
    assert [body.get("aspect_ratio") for body in kling.bodies] == [None, None, "16:9"]
    assert b64decode(kling.bodies[0]["image_list"][0]["image_url"]) == path.read_bytes()


def test_a_video_goes_as_the_link_that_it_came_as(kling: KlingServer, tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mp4", seconds=4)
    for number, role in enumerate(VideoRole):
        run = RecordingRun(_folder(tmp_path / str(number)), inputs={LINKED: path})
        made(kling, run, job(videos=(LINKED,), duration=None, video_type=role))
    edit, follow = kling.bodies
    assert edit["video_list"] == [
        {"video_url": LINKED.uri, "refer_type": "base", "keep_original_sound": "no"}
    ]
    assert follow["video_list"][0]["refer_type"] == "feature"
    assert (edit.get("duration"), follow["duration"]) == (None, "4")
    with pytest.raises(InvalidRequest, match="as a public link only"):
        engine(kling).check(job(videos=(STORED,), duration=None).request)
    engine(kling, inline_videos=True).check(job(videos=(STORED,), duration=None).request)


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        (1000, EngineUnavailable, "does not take this server's keys"),
        (1101, EngineUnavailable, "empty or suspended"),
        (1102, EngineUnavailable, "empty or suspended"),
        (1103, EngineUnavailable, "may not do this"),
        (1201, EngineFailed, "refuses the request: the test wants 1201"),
        (1301, EngineFailed, "refuses the request: the test wants 1301"),
        (1302, EngineUnavailable, "takes no orders now"),
        (1303, EngineUnavailable, "takes no orders now"),
    ],
)
def test_what_is_wrong_with_an_order(
    kling: KlingServer, tmp_path: Path, code: int, error: type[Exception], says: str
) -> None:
    kling.creates = [code]
    with pytest.raises(error, match=says):
        made(kling, RecordingRun(tmp_path), wait_seconds=0)
    assert kling.tasks == {}


def test_an_order_waits_while_there_are_too_many(kling: KlingServer, tmp_path: Path) -> None:
    kling.creates = [1303, 1302]
    made(kling, RecordingRun(tmp_path))
    assert len(kling.tasks) == 1


def test_a_cancel_reaches_an_order_that_waits(kling: KlingServer, tmp_path: Path) -> None:
    kling.creates = [1303] * 100
    with pytest.raises(Canceled):
        made(kling, StubbornRun(tmp_path, at="waiting to order", raised=Canceled))
    assert kling.tasks == {}


@pytest.mark.parametrize("wrong", [[LOSE], [DROP], [5000], [DROP, LOSE, 5001], [LOSE, 1303], [LOSE, 1102]])
def test_an_order_whose_answer_was_lost_is_found_and_not_made_twice(
    kling: KlingServer, tmp_path: Path, wrong: list[int]
) -> None:
    kling.creates = list(wrong)
    made(kling, RecordingRun(tmp_path))
    assert len(kling.tasks) == 1


def test_an_order_that_may_exist_is_left_to_a_later_attempt(kling: KlingServer, tmp_path: Path) -> None:
    kling.creates = [LOSE]
    kling.looks = [5000] * 100
    run = RecordingRun(_folder(tmp_path / "1"))
    with pytest.raises(WorkerLost, match="nobody knows yet"):
        made(kling, run, patience_seconds=0.0)
    kling.looks = []
    made(kling, RecordingRun(_folder(tmp_path / "2"), note=run.note))
    assert len(kling.tasks) == 1


@pytest.mark.parametrize("code", [1000, 1102, 1303])
def test_an_account_that_changes_after_a_lost_answer_settles_nothing(
    kling: KlingServer, tmp_path: Path, code: int
) -> None:
    """The first order may still be on its way in, so no other engine may be paid for it."""
    kling.creates = [DROP, code]
    with pytest.raises(WorkerLost, match="nobody knows yet"):
        made(kling, RecordingRun(tmp_path), patience_seconds=0.5)
    assert kling.tasks == {}


def test_a_note_too_old_to_be_relied_on_is_not_ordered_again(kling: KlingServer, tmp_path: Path) -> None:
    note = json.dumps({"key": "k", "until": time.time(), "order_id": ""})
    with pytest.raises(OutcomeUnknown):
        made(kling, RecordingRun(tmp_path, note=note))
    assert kling.tasks == {}


def test_queries_that_fail_for_a_while_lose_nothing(kling: KlingServer, tmp_path: Path) -> None:
    kling.looks = [5000, 1302, DROP]
    made(kling, RecordingRun(tmp_path))


def test_an_order_that_nobody_knows_any_more_is_lost_and_not_made_again(
    kling: KlingServer, tmp_path: Path
) -> None:
    note = json.dumps({"key": "k", "until": 0, "order_id": "99"})
    with pytest.raises(EngineLost, match="knows nothing of the order"):
        made(kling, RecordingRun(tmp_path, note=note))
    assert kling.tasks == {}


def test_a_service_that_went_away_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    run = StubbornRun(_folder(tmp_path / "1"))
    with kling_server(tmp_path / "kling") as kling:
        kling.slow = 1
        with pytest.raises(HandedOver):
            made(kling, run)
    with pytest.raises(EngineLost, match="away for too long"):
        made(kling, RecordingRun(_folder(tmp_path / "2"), note=run.note), patience_seconds=0.0)
    with pytest.raises(EngineUnavailable, match="takes no orders now"):
        made(kling, RecordingRun(_folder(tmp_path / "3")))


def test_a_failure_says_why_and_a_clip_past_its_time_is_given_up(kling: KlingServer, tmp_path: Path) -> None:
    kling.fails = "the text is not allowed"
    with pytest.raises(EngineFailed, match="the upstream failed: the text is not allowed"):
        made(kling, RecordingRun(_folder(tmp_path / "1")))
    kling.slow = 1
    with pytest.raises(EngineLost, match="took longer than"):
        made(kling, RecordingRun(_folder(tmp_path / "2")), deadline_seconds=0.001)


def test_a_link_that_has_expired_is_asked_for_anew(kling: KlingServer, tmp_path: Path) -> None:
    kling.links = [403, 410]
    made(kling, RecordingRun(_folder(tmp_path / "1")))
    kling.links = [403] * 3
    with pytest.raises(EngineLost, match="cannot be fetched: the address answers with status 403"):
        made(kling, RecordingRun(_folder(tmp_path / "2")))


def test_a_link_into_a_private_network_is_not_followed(kling: KlingServer, tmp_path: Path) -> None:
    with kling_server(tmp_path / "inside") as inside:
        kling.link = f"{inside.origin}/films/1.mp4"
        inside.links = [200] * 3
        with pytest.raises(EngineLost, match="cannot be fetched"):
            made(kling, RecordingRun(tmp_path))
        assert inside.links == [200] * 3
