"""What the sidecar engine sends, and what the stand-ins answer, by the real servers' own models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel, ValidationError
from tests.inference_servers import Habits, InferenceServer, SglangForm, VllmForm, inference_server
from tests.published_schemas import Published, missing, published

from omnireel.director.direct import direct
from omnireel.engines.sidecar.asking import asking
from omnireel.engines.sidecar.options import Dialect, SidecarOptions
from omnireel.models import AspectRatio, Job, MediaKind, MediaRef, Mode, VideoRequest

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

PICTURE, OTHER = MediaRef(MediaKind.IMAGE, "blob:picture"), MediaRef(MediaKind.IMAGE, "blob:other")
VIDEO = MediaRef(MediaKind.VIDEO, "blob:video")
DIALECTS = [Dialect.SGLANG, Dialect.VLLM_OMNI]
REQUESTS: list[dict[str, Any]] = [
    {},
    {"mode": Mode.STD, "negative_prompt": "rain", "sound": True},
    {"images": (PICTURE,)},
    {"videos": (VIDEO,), "duration": None},
    {"images": (PICTURE, OTHER), "videos": (VIDEO,), "duration": None},
]


def options(dialect: Dialect) -> SidecarOptions:
    fields = {"num_inference_steps": "40", "guidance_scale": "5.0", "flow_shift": "3"}
    return SidecarOptions(
        dialect=dialect, replicas=("http://gpu:30000",), model="wan", fields=fields, sound=True, mixed=True
    )


def forms(dialect: Dialect) -> Iterator[tuple[dict[str, str], set[str]]]:
    """All the shapes of what is sent: its fields, and the names of its files."""
    for more in REQUESTS:
        for aspect in AspectRatio:
            request = VideoRequest("kling/kling-video-o1", "a cat", **more)
            job = Job(request, direct(request))
            asked = asking(options(dialect), job, aspect=aspect, seconds=5.2, seed=2**32 - 1)
            yield asked.fields, {name for name, _ in asked.files}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_everything_that_is_sent_is_taken(dialect: Dialect) -> None:
    real = published(dialect)
    for fields, files in forms(dialect):
        assert fields.keys() <= real.fields
        assert files <= real.files
        understood = real.request.model_validate(fields)
        assert understood.model_fields_set == fields.keys()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_stand_in_takes_it_too(dialect: Dialect) -> None:
    for fields, _ in forms(dialect):
        _stand_in(dialect).model_validate(fields)


def _stand_in(dialect: Dialect) -> type[BaseModel]:
    return SglangForm if dialect is Dialect.SGLANG else VllmForm


WRONG: list[dict[str, str]] = [
    {"seconds": "five"},
    {"seconds": "0"},
    {"seconds": "5.5"},
    {"size": "832"},
    {"size": "wide"},
    {"fps": "0"},
    {"fps": "fast"},
    {"num_frames": "0"},
    {"num_frames": "many"},
    {"num_frames": str(2**63)},
    {"seed": "x"},
    {"seed": str(2**63)},
    {"num_inference_steps": "0"},
    {"num_inference_steps": "201"},
    {"guidance_scale": "-1"},
    {"guidance_scale": "21"},
    {"guidance_scale": "strong"},
    {"flow_shift": "x"},
    {"generate_sound": "loudly"},
    {"enable_teacache": "maybe"},
]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_real_one_refuses_the_stand_in_refuses(dialect: Dialect) -> None:
    real = published(dialect)
    refused = 0
    for wrong in WRONG:
        form = {"prompt": "a cat", **wrong}
        if _refuses(real.request, form):
            refused += 1
            assert _refuses(_stand_in(dialect), form), wrong
    assert refused > len(WRONG) / 3


def _refuses(model: type[BaseModel], form: dict[str, str]) -> bool:
    try:
        model.model_validate(form)
    except ValidationError:
        return True
    return False


@pytest.fixture(params=DIALECTS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InferenceServer]:
    with inference_server(request.param, tmp_path / "server") as found:
        yield found


def _fits(model: type[BaseModel], answer: httpx2.Response) -> Any:
    """The answer holds what the real one's may hold, no more, and of the same types."""
    body = answer.json()
    assert body.keys() <= model.model_fields.keys()
    model.model_validate_json(answer.content, strict=True)
    return body


def test_the_stand_ins_answers_are_such_as_the_real_ones_give(server: InferenceServer) -> None:
    real: Published = published(server.dialect)
    form = {"prompt": (None, "a cat"), "size": (None, "64x48"), "num_frames": (None, "9"), "fps": (None, "8")}
    with httpx2.Client(base_url=server.origin, trust_env=False) as http:
        assert _fits(real.jobs, http.get("/v1/videos"))["data"] == []
        job = _fits(real.job, http.post("/v1/videos", files=form))
        statuses = [_fits(real.job, http.get(f"/v1/videos/{job['id']}"))["status"] for _ in range(2)]
        assert statuses == ["in_progress", "completed"]
        [listed] = _fits(real.jobs, http.get("/v1/videos?limit=100"))["data"]
        assert listed["id"] == job["id"]
        _fits(real.deleted, http.delete(f"/v1/videos/{job['id']}"))
        server.habits = Habits(steps=1, fails="CUDA out of memory")
        job = _fits(real.job, http.post("/v1/videos", files=form))
        failed = _fits(real.job, http.get(f"/v1/videos/{job['id']}"))
        assert (failed["status"], failed["error"]["message"]) == ("failed", "CUDA out of memory")
