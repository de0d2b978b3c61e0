"""One Omnireel orders from another: two real servers, their workers, and boxed children in between."""

from __future__ import annotations

import json
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest
from tests.real_server import FAKE, RealServer, real_server

from omnireel import Client, TaskCanceled, TaskFailed
from omnireel.models import TaskStatus

pytestmark = pytest.mark.system

MODELLIX = "omnireel.engines.upstream.modellix:ModellixEngine"


def ordering_from(there: RealServer, **more: str) -> dict[str, str]:
    """Settings for a server whose only engine is another server. The key is in the environment only."""
    table = {"kind": MODELLIX, "base_url": there.origin, "api_key": {"env": "KEY_THERE"}, "extensions": True}
    return {
        "OMNIREEL_ENGINE": "hosted",
        "OMNIREEL_ENGINES": json.dumps({"hosted": table}),
        "KEY_THERE": there.key,
        **more,
    }


def routed(there: RealServer) -> dict[str, str]:
    """The same, with another engine for what the first one cannot do."""
    settings = ordering_from(there)
    engines = json.loads(settings["OMNIREEL_ENGINES"])
    engines["hosted"] |= {"patience_seconds": 0, "timeout_seconds": 5}
    engines["plain"] = {"kind": FAKE}
    routes = {"kling/kling-video-o1": [{"engine": "hosted", "modes": ["std"]}, {"engine": "plain"}]}
    return settings | {"OMNIREEL_ENGINES": json.dumps(engines), "OMNIREEL_ROUTES": json.dumps(routes)}


def beside(there: RealServer) -> dict[str, str]:
    """Settings for a server that drives the other as it would an inference server, and can do it itself."""
    table = {
        "kind": "omnireel.engines.sidecar.engine:SidecarEngine",
        "dialect": "sglang",
        "replicas": [there.origin],
        "api_key": {"env": "KEY_THERE"},
        "health": "/healthz",
        "std": [1280, 720],
        "fps": 24,
        "patience_seconds": 0,
    }
    routes = {"kling/kling-v3-omni-video": [{"engine": "gpu"}, {"engine": "studio"}]}
    return {
        "OMNIREEL_ENGINES": json.dumps({"gpu": table}),
        "OMNIREEL_ROUTES": json.dumps(routes),
        "KEY_THERE": there.key,
    }


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_video_comes_through_both_and_the_key_stays_where_it_is(tmp_path: Path) -> None:
    with (
        real_server(folder(tmp_path / "there")) as there,
        real_server(folder(tmp_path / "here"), **ordering_from(there)) as here,
        Client(there.origin, there.key) as upstream,
        Client(here.origin, here.key) as client,
    ):
        result = client.videos.create_and_wait("a cat fake:warn", mode="std", seed=5)
        video = result.download(tmp_path / "here.mp4")
        [order] = upstream.tasks.list()
        assert result.task.engine == "hosted"
        assert result.warnings == ("the fake engine was told to warn",)
        assert (order.status, order.seed) == (TaskStatus.SUCCESS, 5)
        resource = order.resource("primary")
        assert resource is not None
        assert resource.sha256 == sha256(video.read_bytes()).hexdigest()
        with pytest.raises(TaskFailed, match="the upstream failed: the fake engine was told to fail"):
            client.videos.create_and_wait("a cat fake:fail", mode="std")
        secret = there.key.encode()
    kept = [path for path in (tmp_path / "here").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if secret in path.read_bytes()]


def test_a_child_that_dies_right_after_paying_pays_once(tmp_path: Path) -> None:
    settings = {"OMNIREEL_CRASH_POINT": "after_pay", "OMNIREEL_MAX_ATTEMPTS": "2"}
    with (
        real_server(folder(tmp_path / "there")) as there,
        real_server(folder(tmp_path / "here"), **ordering_from(there, **settings)) as here,
        Client(there.origin, there.key) as upstream,
        Client(here.origin, here.key) as client,
    ):
        with pytest.raises(TaskFailed, match="killed by signal 9"):
            client.videos.create_and_wait("a cat", mode="std")
        assert len(list(upstream.tasks.list())) == 1


def test_another_engine_takes_over_when_the_upstream_dies_over_its_work(tmp_path: Path) -> None:
    with ExitStack() as ending:
        there = ending.enter_context(
            real_server(
                folder(tmp_path / "there"), OMNIREEL_DRAIN_SECONDS="0", OMNIREEL_STOP_GRACE_SECONDS="0"
            )
        )
        with (
            real_server(folder(tmp_path / "here"), **routed(there)) as here,
            Client(here.origin, here.key) as client,
        ):
            slow = "a cat fake:seconds=3 fake:steps=60"
            pro = client.videos.create("a cat", mode="pro")
            task = client.videos.create(slow, mode="std")
            for event in client.tasks.events(task.task_id):
                if "upstream: step" in event.task.note:
                    break
            ending.close()
            took_over = client.tasks.wait(task.task_id).task
            refused = client.videos.create_and_wait("a dog", mode="std").task
            meant_for_it = client.tasks.wait(pro.task_id).task
    assert [each.engine for each in (took_over, refused, meant_for_it)] == ["plain"] * 3
    [lost], [away], [unwanted] = (
        each.raw["result"]["metadata"]["passed_over"] for each in (took_over, refused, meant_for_it)
    )
    assert lost["engine"] == "hosted"
    assert "away for too long" in lost["reason"]
    assert "takes no orders now" in away["reason"]
    assert unwanted == {"engine": "hosted", "reason": "not for mode pro"}


@pytest.mark.slow
def test_the_studio_takes_over_when_an_inference_server_is_killed_over_its_work(tmp_path: Path) -> None:
    with (
        real_server(folder(tmp_path / "there")) as there,
        real_server(folder(tmp_path / "here"), **beside(there)) as here,
        Client(here.origin, here.key) as client,
    ):
        model = "kling/kling-v3-omni-video"
        quick = client.videos.create_and_wait(
            "a cat fake:frames=72", model=model, mode="std", duration=3
        ).task
        slow = "a cat fake:seconds=60 fake:steps=600"
        task = client.videos.create(slow, model=model, mode="std", duration=3)
        for event in client.tasks.events(task.task_id):
            if "making the clip" in event.task.note:
                break
        there.kill()
        took_over = client.tasks.wait(task.task_id).task
    assert (quick.engine, took_over.engine) == ("gpu", "studio")
    assert "passed_over" not in quick.raw["result"]["metadata"]
    [lost] = took_over.raw["result"]["metadata"]["passed_over"]
    assert lost["engine"] == "gpu"
    assert "the inference server went away" in lost["reason"]


@pytest.mark.slow
def test_a_cancel_after_a_power_cut_calls_off_what_was_ordered(tmp_path: Path) -> None:
    """The worker that ordered is gone; the next one calls the order off before the task is canceled."""
    with real_server(folder(tmp_path / "there")) as there, Client(there.origin, there.key) as upstream:
        leases = {"OMNIREEL_LEASE_SECONDS": "3", "OMNIREEL_HEARTBEAT_SECONDS": "1"}
        settings = ordering_from(there, **leases)
        place = folder(tmp_path / "here")
        with real_server(place, **settings) as here, Client(here.origin, here.key) as client:
            slow = "a cat fake:seconds=120 fake:steps=1200"
            task_id = client.videos.create(slow, mode="std").task_id
            for event in client.tasks.events(task_id):
                if "upstream: step" in event.task.note:
                    break
            here.kill()
        [order] = upstream.tasks.list()
        assert order.status is TaskStatus.PROCESSING
        with real_server(place, **settings) as here, Client(here.origin, here.key) as client:
            client.tasks.cancel(task_id)
            with pytest.raises(TaskCanceled):
                client.tasks.wait(task_id)
        with pytest.raises(TaskCanceled):
            upstream.tasks.wait(order.task_id)
