"""The HTTP application with everything it needs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from threading import Event
from urllib.parse import urlsplit

from fastapi import FastAPI

from omnireel.api.app import create_app
from omnireel.api.checks import PROBE, current_schema, free_disk, live_worker, storable, writable
from omnireel.api.rooms import ApiValues, Check
from omnireel.api.standing import Standing
from omnireel.app.engines import open_engines
from omnireel.app.files import FIRST_KEY
from omnireel.app.house import House
from omnireel.app.workshop import Workshop
from omnireel.catalog.model import Terms
from omnireel.engines.base import Engine
from omnireel.engines.registry import engine_names
from omnireel.media import sandbox
from omnireel.media.post import post_policy
from omnireel.settings import Settings
from omnireel.tasks.balances import Balances
from omnireel.tasks.gauges import QueueLook
from omnireel.tasks.prices import PriceList
from omnireel.tasks.routing import Leg, Router
from omnireel.tasks.service import Admission, TaskService


def build_app(
    house: House, base_url: str, workshop: Workshop | None, draining: Event, leaving: Event
) -> FastAPI:
    """The HTTP side, wired to the house."""
    settings = house.settings
    engines = open_engines(settings)
    service = TaskService(
        house.store,
        engines,
        house.blobs,
        default=settings.engine,
        balance_of=Balances(house.database).of,
        free_disk=partial(_free_disk, settings),
        admission=Admission(max_queued=settings.max_queued, min_free_disk=settings.min_free_disk),
        prices=_prices(settings),
        instruments=house.instruments,
        log_prompts=settings.log_prompts,
        router=_router(settings, engines),
    )
    values = ApiValues(
        base_url=base_url,
        scratch=house.arrivals,
        standing=_standing(house, tuple(sorted(engines))),
        terms=Terms(
            strict=settings.strict,
            engines=_choice(settings, engines) if settings.allow_engine_choice else (),
            media=settings.media_limits,
        ),
        max_body=settings.max_body,
        requests_per_minute=settings.requests_per_minute,
        allow_priority=settings.allow_priority,
        link_lifetime=timedelta(seconds=settings.link_seconds),
        media_limits=settings.media_limits,
        webhook_policy=post_policy(allow_private=settings.allow_private_network),
        checks=_checks(house, workshop),
        first_key=str(settings.data / FIRST_KEY) if _for_the_operator_alone(settings) else "",
        file_origin=_file_origin(house),
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
        leaving=leaving,
        instruments=house.instruments,
    )


def _free_disk(settings: Settings) -> int:
    return shutil.disk_usage(settings.data).free


def _standing(house: House, engines: tuple[str, ...]) -> Standing:
    settings = house.settings
    level = sandbox.level(settings.sandbox)
    return Standing(
        queue=QueueLook(house.database, heard=timedelta(seconds=settings.lease_seconds)).latest,
        free_disk=partial(_free_disk, settings),
        least_free=settings.min_free_disk,
        most_queued=settings.max_queued,
        sandbox_level=level.name,
        sandbox=level.description,
        engines=engines,
        default_engine=settings.engine,
        metering=settings.metering == "on",
        retention_days=settings.retention_days,
    )


def _for_the_operator_alone(settings: Settings) -> bool:
    """Whether only this machine can reach the server: then its pages may name the operator's files."""
    return settings.public_url is None and settings.host in ("127.0.0.1", "::1", "localhost")


def _file_origin(house: House) -> str:
    """Where a bucket hands files out; empty where the server does so itself."""
    if house.settings.s3_bucket is None:
        return ""
    address = urlsplit(str(house.blobs.place(PROBE, "GET", timedelta(minutes=1))))
    return f"{address.scheme}://{address.netloc}"


def _prices(settings: Settings) -> PriceList | None:
    """What tasks cost; None while nothing is charged."""
    if settings.metering == "off":
        return None
    return PriceList(settings.prices, settings.media_limits.video_max_seconds)


def _router(settings: Settings, engines: Mapping[str, Engine]) -> Router:
    """Raises CannotStart for a route to an engine that cannot run here."""
    legs = {
        model: [Leg(leg.engine, leg.modes, leg.kinds, leg.longest, leg.teams) for leg in chosen]
        for model, chosen in settings.routes.items()
    }
    longest = settings.media_limits.video_max_seconds
    return Router(engines, settings.engine, legs, source_seconds=longest)


def _choice(settings: Settings, engines: Mapping[str, Engine]) -> tuple[str, ...]:
    """What callers may name: never a class."""
    return tuple(sorted(engines.keys() & (set(engine_names()) | settings.engines.keys())))


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
