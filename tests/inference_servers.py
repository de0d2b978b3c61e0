"""Stand-ins for SGLang-Diffusion 0.5.23 and vLLM-Omni 0.30.0: their routes, forms, job objects and habits.

What they take is checked as the real ones check it: types, ranges, names of fields. What they make is a real
MP4. `Habits` are what a test wants to go wrong.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tests.media_files import make_video

Size = Annotated[str, Field(pattern=r"^[0-9]+x[0-9]+$")]


class SglangForm(BaseModel):
    """`VideoGenerationsRequest`: unknown fields are accepted, and only the first picture is kept."""

    model_config = ConfigDict(extra="allow")

    prompt: str
    model: str | None = None
    seconds: int = 4
    size: Size | None = None
    fps: int | None = None
    num_frames: int | None = None
    seed: int | None = None
    n: int = Field(default=1, ge=1, le=10)
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    negative_prompt: str | None = None
    flow_shift: float | None = None
    enable_teacache: bool | None = None


class VllmForm(BaseModel):
    """The form of `create_video`. The stand-in refuses names that are not in it, to find misspellings."""

    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(min_length=1)
    model: str | None = None
    seconds: int | None = Field(default=None, ge=1)
    size: Size | None = None
    num_frames: int | None = Field(default=None, ge=1, le=2**63 - 1)
    fps: int | None = Field(default=None, ge=1)
    seed: int | None = Field(default=None, ge=-(2**63), le=2**63 - 1)
    num_inference_steps: int | None = Field(default=None, ge=1, le=200)
    guidance_scale: float | None = Field(default=None, ge=0, le=20)
    flow_shift: float | None = None
    negative_prompt: str | None = None
    generate_sound: bool | None = None
    extra_params: str | None = None


class H3Params(BaseModel):
    """What MiniMax-H3 reads of `extra_params`; its server knows more, which we do not say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    task: Literal["t2va", "fl2va", "ref2va"]
    duration: float = Field(ge=4, le=15)
    frame_indices: list[int] | None = None


def h3_fault(params: H3Params, media: list[str], fps: str) -> str:
    """What its request processor raises; `media` are the kinds of the files that came along."""
    images, videos = media.count("image"), media.count("video")
    if fps != "24":
        return "MiniMax H3 output fps is fixed at 24"
    if params.task == "t2va" and media:
        return "t2va does not accept image, video, or audio conditions"
    if params.task == "fl2va" and (videos or not 1 <= images <= 2):
        return "fl2va requires image conditions only"
    if params.task == "fl2va" and params.frame_indices not in ([0], [-1], [0, -1]):
        return "MiniMax H3 FL2VA frame_indices must be [0], [-1], or [0, -1]"
    if params.task == "fl2va" and len(params.frame_indices or []) != images:
        return "MiniMax H3 FL2VA requires one frame index per image"
    if params.task == "ref2va" and not media:
        return "ref2va requires at least one image or video reference"
    return ""


@dataclass
class Habits:
    """A job takes `steps` looks and `fails` for this reason; a delete is refused `stubborn` times. The model
    takes `mixed` inputs."""

    steps: int = 2
    mixed: bool = False
    fails: str = ""
    stubborn: int = 0
    sick: bool = False
    audio: bool = False


@dataclass
class InferenceServer:
    """What it was sent and what it does is for the test to look into."""

    dialect: str
    folder: Path
    habits: Habits = field(default_factory=Habits)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[list[tuple[str, bytes]]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    looks: Counter[str] = field(default_factory=Counter)
    origin: str = ""

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/health", self._health, methods=["GET"])
        app.add_api_route("/v1/videos", self._list, methods=["GET"])
        app.add_api_route("/v1/videos", self._create, methods=["POST"])
        app.add_api_route("/v1/videos/{job_id}", self._show, methods=["GET"])
        app.add_api_route("/v1/videos/{job_id}", self._delete, methods=["DELETE"])
        app.add_api_route("/v1/videos/{job_id}/content", self._content, methods=["GET"])
        return app

    def _health(self) -> Response:
        return Response(status_code=503 if self.habits.sick else 200)

    def _list(self) -> Response:
        jobs = list(self.jobs.values())[::-1]
        ends = {"first_id": jobs[0]["id"], "last_id": jobs[-1]["id"]} if jobs else {}
        nobody = {"first_id": None, "last_id": None}
        return JSONResponse({"object": "list", "data": jobs, "has_more": False, **nobody, **ends})

    async def _create(self, request: Request) -> Response:
        if not request.headers["content-type"].startswith("multipart/form-data"):
            return JSONResponse({"detail": "multipart only"}, 422)
        plain, files = dict[str, Any](), list[tuple[str, bytes]]()
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, str):
                    plain[name] = value
                else:
                    files.append((name, await value.read()))
        refusal = self._refusal(plain, [name for name, _ in files]) or self._h3_refusal(plain, files)
        return refusal or self._accepted(plain, files)

    def _refusal(self, plain: dict[str, Any], files: list[str]) -> Response | None:
        shape: type[BaseModel] = SglangForm if self.dialect == "sglang" else VllmForm
        try:
            shape.model_validate(plain)
        except ValidationError as error:
            faults = [{"loc": list(fault["loc"]), "msg": fault["msg"]} for fault in error.errors()]
            return JSONResponse({"detail": faults}, 422)
        if self.dialect != "sglang" and not set(files) <= {"input_reference", "input_references"}:
            return JSONResponse({"detail": f"unknown files {sorted(files)}"}, 422)
        if self.dialect != "sglang" and "input_references" in files and not self.habits.mixed:
            # The real one would take each of them for a video.
            return JSONResponse({"detail": "this diffusion model takes no mixed references"}, 400)
        return None

    def _h3_refusal(self, plain: dict[str, Any], files: list[tuple[str, bytes]]) -> Response | None:
        if "MiniMax-H3" not in plain.get("model", ""):
            return None
        try:
            params = H3Params.model_validate_json(plain["extra_params"])
        except ValidationError as error:
            return JSONResponse({"detail": str(error)}, 400)
        media = ["video" if content[4:8] == b"ftyp" else "image" for _, content in files]
        fault = h3_fault(params, media, plain["fps"])
        return JSONResponse({"detail": fault}, 400) if fault else None

    def _accepted(self, plain: dict[str, Any], files: list[tuple[str, bytes]]) -> Response:
        self.forms.append(plain)
        self.uploads.append(files)
        job = {
            "id": f"{'' if self.dialect == 'sglang' else 'video_gen_'}{next(self._numbers)}",
            "object": "video",
            "model": plain.get("model") or "a model",
            "status": "queued",
            "progress": 0,
            "created_at": int(time.time()),
            "size": plain.get("size", ""),
            "seconds": plain.get("seconds", "4"),
        }
        if self.dialect != "sglang":
            job |= {"prompt": plain["prompt"], "size": plain.get("size")}
        self.jobs[job["id"]] = job
        return JSONResponse(job)

    def _show(self, job_id: str) -> Response:
        job = self.jobs.get(job_id)
        if job is None:
            return JSONResponse({"detail": "Video not found"}, 404)
        self.looks[job_id] += 1
        done = self.looks[job_id] >= self.habits.steps
        if done and self.habits.fails:
            return self._failed(job)
        stepwise = 100 * self.looks[job_id] // self.habits.steps if self.dialect == "sglang" else 0
        job |= {"status": "completed" if done else "in_progress", "progress": 100 if done else stepwise}
        return JSONResponse(job)

    def _failed(self, job: dict[str, Any]) -> Response:
        status = 200 if self.dialect == "sglang" else 500
        code = {} if self.dialect == "sglang" else {"code": status}
        job |= {"status": "failed", "error": {"message": self.habits.fails, **code}}
        return JSONResponse(job, status)

    def _content(self, job_id: str) -> Response:
        job = self.jobs.get(job_id)
        if job is None or job["status"] != "completed":
            return JSONResponse({"detail": "not there"}, 404)
        form = self.forms[int(job_id.removeprefix("video_gen_")) - 1]
        width, height = map(int, form.get("size", "64x48").split("x"))
        path = make_video(
            self.folder / f"{self.dialect}-{job_id}.mp4",
            width=width,
            height=height,
            fps=int(form["fps"]),
            seconds=_seconds(form),
            audio=self.habits.audio,
        )
        return Response(path.read_bytes(), media_type="video/mp4")

    def _delete(self, job_id: str) -> Response:
        if job_id not in self.jobs:
            return JSONResponse({"detail": "Video not found"}, 404)
        if self.habits.stubborn > 0:
            self.habits.stubborn -= 1
            return JSONResponse({"detail": "still cancelling"}, 409)
        self.deleted.append(job_id)
        job = self.jobs.pop(job_id)
        if self.dialect == "sglang":
            return JSONResponse(job | {"status": "deleted"})
        return JSONResponse({"id": job_id, "deleted": True, "object": "video.deleted"})


def _seconds(form: dict[str, Any]) -> float:
    """A length in `extra_params` goes before a count of frames."""
    told = json.loads(form.get("extra_params", "{}")).get("duration")
    return float(told) if told else int(form["num_frames"]) / int(form["fps"])


@contextmanager
def inference_server(dialect: str, folder: Path, habits: Habits | None = None) -> Iterator[InferenceServer]:
    """One on a free port of the loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    stand_in = InferenceServer(dialect, folder, habits or Habits())
    server = uvicorn.Server(uvicorn.Config(stand_in.app(), port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        stand_in.origin = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield stand_in
    finally:
        server.should_exit = True
        thread.join(20)
