"""The HTTP application with everything it needs."""

from __future__ import annotations

import shutil
from datetime import timedelta
from threading import Event

import structlog
from fastapi import FastAPI

from omnireel.api.app import create_app
from omnireel.api.checks import current_schema, free_disk, live_worker, storable, writable
from omnireel.api.rooms import ApiValues, Check
from omnireel.app.house import House
from omnireel.app.workshop import Workshop
from omnireel.catalog.model import Terms
from omnireel.engines.base import Engine
from omnireel.engines.registry import engine_names, load_engine
from omnireel.errors import EngineUnavailable
from omnireel.media import sandbox
from omnireel.media.post import post_policy
from omnireel.settings import Settings
from omnireel.tasks.balances import Balances
from omnireel.tasks.prices import PriceList
from omnireel.tasks.service import Admission, TaskService

log = structlog.get_logger(__name__)


def build_app(house: House, base_url: str, workshop: Workshop | None, draining: Event) -> FastAPI:
    """The HTTP side, wired to the house."""
    settings = house.settings
    engines = _engines(settings.engine)
    service = TaskService(
        house.store,
        engines,
        house.blobs,
        default=settings.engine,
        balance_of=Balances(house.database).of,
        free_disk=lambda: shutil.disk_usage(settings.data).free,
        admission=Admission(max_queued=settings.max_queued, min_free_disk=settings.min_free_disk),
        prices=_prices(settings),
        instruments=house.instruments,
        log_prompts=settings.log_prompts,
    )
    values = ApiValues(
        base_url=base_url,
        scratch=house.arrivals,
        terms=Terms(
            strict=settings.strict,
            engines=tuple(sorted(engines.keys() & engine_names())) if settings.allow_engine_choice else (),
        ),
        max_body=settings.max_body,
        requests_per_minute=settings.requests_per_minute,
        allow_priority=settings.allow_priority,
        link_lifetime=timedelta(seconds=settings.link_seconds),
        media_limits=settings.media_limits,
        webhook_policy=post_policy(allow_private=settings.allow_private_network),
        checks=_checks(house, workshop),
    )
    return create_app(
        service=service,
        keys=house.keys,
        pairs=house.pairs,
        files=house.files,
        blobs=house.blobs,
        counts=house.counts,
        deliveries=house.deliveries,
        secrets=house.secrets,
        endings=house.endings,
        values=values,
        draining=draining,
        instruments=house.instruments,
    )


def _prices(settings: Settings) -> PriceList | None:
    """What tasks cost; None while nothing is charged."""
    if settings.metering == "off":
        return None
    return PriceList(settings.prices, settings.media_limits.video_max_seconds)


def _engines(default: str) -> dict[str, Engine]:
    """The engines that can run here. Raises NotFound or EngineUnavailable when the default cannot."""
    engines = {default: load_engine(default, threads=1)}
    for name in set(engine_names()) - {default}:
        try:
            engines[name] = load_engine(name, threads=1)
        except EngineUnavailable as error:
            log.warning("engine left out", engine=name, reason=str(error))
    return engines


def _checks(house: House, workshop: Workshop | None) -> dict[str, Check]:
    settings = house.settings
    level = sandbox.level(settings.sandbox)
    heard = timedelta(seconds=settings.lease_seconds)
    return {
        "database": writable(house.database),
        "schema": current_schema(house.database),
        "storage": storable(house.blobs),
        "disk": free_disk(settings.data, settings.min_free_disk),
        "worker": live_worker(house.workers, heard, workshop.check if workshop else None),
        "sandbox": lambda: level.description,
    }
