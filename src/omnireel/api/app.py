"""The application: every route on the rooms it was given. Nothing here reads settings or the environment."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from threading import Event
from typing import Any

from fastapi import FastAPI

from omnireel.api import (
    account_routes,
    catalog_routes,
    estimate_routes,
    event_routes,
    files_routes,
    health_routes,
    pages,
    status_routes,
    task_routes,
    upload_routes,
    webhook_routes,
)
from omnireel.api.body import BodyDesk
from omnireel.api.dialects.envelopes import ENVELOPES
from omnireel.api.dialects.kling import routes as kling_videos
from omnireel.api.dialects.openai import models_routes as openai_models
from omnireel.api.dialects.openai import routes as openai_videos
from omnireel.api.edge import Edge
from omnireel.api.inputs import Inputs
from omnireel.api.intake import Intake
from omnireel.api.limits import RequestLimiter
from omnireel.api.links import Links
from omnireel.api.lookout import Lookout
from omnireel.api.openapi import describe, problems
from omnireel.api.problems import install_problem_handlers
from omnireel.api.rooms import ApiValues, Rooms
from omnireel.api.trials import Trials
from omnireel.api.underway import Underway
from omnireel.catalog.model import Model
from omnireel.catalog.models import MODELS
from omnireel.clock import Clock, SystemClock
from omnireel.storage.base import ServedBlobs
from omnireel.tasks.bell import Bell
from omnireel.tasks.counts import RequestCounts
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.key_pairs import KeyPairs
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.service import TaskService
from omnireel.tasks.webhook_secrets import WebhookSecrets
from omnireel.telemetry.instruments import Instruments


def create_app(
    *,
    service: TaskService,
    keys: KeyStore,
    files: MediaFiles,
    blobs: ServedBlobs,
    counts: RequestCounts,
    deliveries: Deliveries,
    secrets: WebhookSecrets,
    endings: Bell,
    values: ApiValues,
    pairs: KeyPairs | None = None,
    models: Mapping[str, Model] = MODELS,
    clock: Clock | None = None,
    draining: Event | None = None,
    leaving: Event | None = None,
    instruments: Instruments | None = None,
) -> FastAPI:
    """The HTTP side of the service.

    Set `draining` before stopping the server: waiting polls then answer at once and submits are refused. Set
    `leaving` before that for balancers: `/readyz` then says no, and no connection is kept after its answer.
    """
    clock = clock or SystemClock()
    links = Links(values.base_url.rstrip("/"))
    intake = Intake(blobs, files)
    values.scratch.mkdir(parents=True, exist_ok=True)
    rooms = Rooms(
        service=service,
        keys=keys,
        files=files,
        blobs=blobs,
        intake=intake,
        models=models,
        clock=clock,
        values=values,
        links=links,
        inputs=Inputs(
            blobs=blobs,
            files=files,
            intake=intake,
            links=links,
            limits=values.media_limits,
            scratch=values.scratch,
        ),
        bodies=BodyDesk(limit=values.max_body, at_once=values.large_bodies),
        uploads=BodyDesk(limit=values.upload_video_bytes, at_once=values.uploads),
        limiter=RequestLimiter(values.requests_per_minute, counts, clock),
        deliveries=deliveries,
        secrets=secrets,
        trials=Trials(secrets, values.webhook_policy, clock),
        pairs=pairs,
        underway=Underway(),
        lookout=Lookout(service.glimpses, endings),
        draining=draining or Event(),
        leaving=leaving or Event(),
    )
    return _assemble(rooms, instruments or Instruments())


def _assemble(rooms: Rooms, instruments: Instruments) -> FastAPI:
    app = _Application(
        title="Omnireel",
        version=version("omnireel"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems(500),
        # The framework's own spans and records hold whole URLs and errors; ours are made at the edge.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.rooms = rooms
    app.add_middleware(Edge, instruments=instruments, envelopes=ENVELOPES, stopping=lambda: rooms.stopping)
    install_problem_handlers(app, ENVELOPES)
    for routes in (task_routes.submit_routes, estimate_routes.estimate_routes):
        app.include_router(routes(rooms.models.values(), rooms.values.terms))
    for room in (
        task_routes,
        event_routes,
        catalog_routes,
        upload_routes,
        webhook_routes,
        account_routes,
        health_routes,
        status_routes,
        files_routes,
        kling_videos,
        openai_videos,
        openai_models,
        pages,
    ):
        app.include_router(room.router)
    return app


class _Application(FastAPI):
    """The framework's application with a description of our own."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(self, self.state.rooms.links)
        return self.openapi_schema
