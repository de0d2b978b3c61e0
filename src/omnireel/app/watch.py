"""What is told of the process: log, metrics, traces."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from urllib.parse import quote

import structlog
from sqlalchemy import Engine as Database

from omnireel.errors import CannotStart
from omnireel.logs import configure_logs
from omnireel.settings import Settings
from omnireel.tasks.address import parse
from omnireel.tasks.gauges import StoreGauges
from omnireel.telemetry.exposition import Exposition
from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.tracing import Tracer

log = structlog.get_logger(__name__)


class Watch:
    """How the process is watched: its log from the start, traces, and numbers on a port of their own."""

    def __init__(self, settings: Settings) -> None:
        configure_logs(
            settings.log_format,
            settings.log_level,
            prompts=settings.log_prompts,
            secrets=_passwords(settings),
        )
        self._settings = settings
        self._exposition: Exposition | None = None
        self.instruments = Instruments(tracer=_tracer(settings))

    def open(self, database: Database) -> None:
        """Offer the numbers to scrapers, when the settings say where. Raises CannotStart."""
        settings = self._settings
        if settings.metrics_port is None:
            return
        registry = self.instruments.metrics.registry
        registry.register(
            StoreGauges(
                database,
                heard=timedelta(seconds=settings.lease_seconds),
                free_disk=lambda: shutil.disk_usage(settings.data).free,
            )
        )
        host, port = settings.metrics_host, settings.metrics_port
        try:
            self._exposition = Exposition(registry, host, port)
        except OSError as error:
            raise CannotStart(f"cannot serve metrics on {host} port {port}: {error.strerror}") from error
        log.info("metrics served", host=host, port=self._exposition.port)

    def close(self) -> None:
        if self._exposition is not None:
            self._exposition.close()
        self.instruments.tracer.close()


def _passwords(settings: Settings) -> list[str]:
    """The database's password in both forms, so that it is known whatever a message does to its URL."""
    if settings.database is None or "://" not in settings.database.get_secret_value():
        return []
    password = parse(settings.database.get_secret_value()).password or ""
    return [password, quote(password, safe="")]


def _tracer(settings: Settings) -> Tracer:
    """One that sends, when the settings or else the standard environment ask for it. Raises CannotStart."""
    wanted = _collector_named() if settings.tracing is None else settings.tracing
    if not wanted:
        return Tracer()
    try:
        from omnireel.telemetry.otel import exporting_tracer
    except ModuleNotFoundError as error:
        if settings.tracing:
            raise CannotStart("tracing needs more packages: pip install 'omnireel[otel]'") from error
        log.warning("no traces: the environment names a collector, and 'omnireel[otel]' is not installed")
        return Tracer()
    return exporting_tracer()


def _collector_named() -> bool:
    """Whether the environment asks for traces, in the names that the OpenTelemetry specification gave it."""
    asked = os.environ.get
    if asked("OTEL_SDK_DISABLED", "").lower() == "true" or asked("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return False
    return bool(asked("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or asked("OTEL_EXPORTER_OTLP_ENDPOINT"))
