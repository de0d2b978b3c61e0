"""Every setting in one place: flags, then `OMNIREEL_*`, then `omnireel.toml`, then these defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from omnireel.logs import LogFormat, LogLevel
from omnireel.models import JobKind, MediaLimits, Mode

MIB = 1024 * 1024

NAME: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"

Usd = Annotated[Decimal, Field(ge=0, le=1000, decimal_places=4)]
Prices = Mapping[str, Mapping[Mode, Usd]]
"""USD per second of output, by model and mode."""

PRICES: Final[Prices] = {
    slug: {Mode.STD: Decimal("0.0840"), Mode.PRO: Decimal("0.1120")}
    for slug in ("kling/kling-video-o1", "kling/kling-v3-omni-video")
}


EngineName = Annotated[str, Field(pattern=rf"^{NAME}$", max_length=64)]


class EngineTable(BaseModel):
    """An engine that is configured: what kind it is, and whatever that kind can be told."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    kind: str = Field(min_length=1, max_length=128)
    """An installed engine's name, or `module:Class`."""

    @property
    def options(self) -> Mapping[str, Any]:
        return dict(self.model_extra or {})


class RouteTable(BaseModel):
    """An engine that a model's requests may go to. What is not said does not matter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str = Field(max_length=64)
    modes: frozenset[Mode] | None = None
    kinds: frozenset[JobKind] | None = None
    longest: float | None = Field(default=None, gt=0)
    """Seconds of output."""
    teams: frozenset[str] | None = None


class DirectorTable(BaseModel):
    """A language model behind an OpenAI-compatible chat endpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$", max_length=1000)
    """Where `/chat/completions` is."""
    model: str = Field(min_length=1, max_length=256)
    api_key: SecretStr | None = None
    seconds: float = Field(default=20.0, gt=0, le=600)
    """For its whole answer; then the rules direct."""


class Settings(BaseSettings):
    """Read once at start and handed to the rooms as values; nothing reads the environment afterwards."""

    model_config = SettingsConfigDict(
        env_prefix="OMNIREEL_",
        toml_file="omnireel.toml",
        extra="forbid",
        frozen=True,
        # Values may be secret.
        hide_input_in_errors=True,
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data: Path = Path("omnireel-data")
    """Folder for the database, files, scratch space and secrets."""
    kernel_folder: Path | None = None
    """Folder for compiled kernels, which are code; default: one in `$XDG_CACHE_HOME/omnireel` or
    `~/.cache/omnireel`, or in the data folder where others may write there."""
    database: SecretStr | None = None
    """`postgresql://user:password@host/name`; default: a SQLite file in the data folder."""
    database_connections: int = Field(default=16, ge=2, le=1000)
    """Most connections of this process to PostgreSQL, besides two that listen for news."""
    s3_bucket: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$")
    """Bucket for inputs and results, so that workers may run on other machines; default: the data folder.
    Credentials are found as AWS's own tools find them, in `AWS_ACCESS_KEY_ID` and so on."""
    s3_prefix: str | None = Field(default=None, max_length=200, pattern=rf"^{NAME}(?:/{NAME})*$")
    """What the names of all objects begin with."""
    s3_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/?#@\s]+$")
    """Address of an S3 server that is not Amazon's; `http://` goes without TLS."""
    s3_region: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$")
    """Default: `AWS_REGION`, or us-east-1."""
    public_url: str | None = None
    """Origin that links in answers start with; default: the address the server listens on."""

    workers: int = Field(default=1, ge=0, le=256)
    """Attempts at once in this process, unless they run on a cluster; 0 serves HTTP only."""
    executor: Literal["local", "ray"] = "local"
    """Where attempts run: as child processes here, or on the Ray cluster that `RAY_ADDRESS` names."""
    ray_attempts: int = Field(default=64, ge=1, le=1000)
    """Most attempts that this process has on the cluster at once."""
    ray_waiting: int = Field(default=0, ge=0, le=1000)
    """Attempts beyond what the cluster has room for that may wait there, for its autoscaler to see."""
    ray_placement: Literal["spread", "pack"] = "spread"
    """Attempts go on as many nodes as there are, or on as few as will hold them."""
    engine: str = Field(default="studio", max_length=64)
    """The engine that serves requests which name none."""
    engines: Mapping[EngineName, EngineTable] = Field(default={}, repr=False)
    """Engines that have to be told something, by the names they go by. `{env = "NAME"}` in the place of a
    value takes it from the environment, which is where keys belong."""
    routes: Mapping[str, tuple[RouteTable, ...]] = {}
    """Engines for requests that name none, by model, the best first; the next one where one cannot. Models
    without any go to `engine`."""
    director: DirectorTable | None = Field(default=None, repr=False)
    """A language model that turns requests into storyboards; default: the rules do."""
    allow_engine_choice: bool = True
    """Whether callers may name an engine."""
    allow_priority: bool = True
    """Whether callers may send X-Priority."""
    lease_seconds: float = Field(default=30.0, gt=0)
    heartbeat_seconds: float = Field(default=10.0, gt=0)
    max_attempts: int = Field(default=3, ge=1)
    attempt_seconds: float = Field(default=1800.0, gt=0)
    """An attempt that takes longer is killed and fails."""
    stop_grace_seconds: float = Field(default=5.0, ge=0)
    """Between asking an attempt to stop and killing it."""
    drain_seconds: float = Field(default=30.0, ge=0)
    """How long a server told to stop lets running attempts finish."""
    linger_seconds: float = Field(default=0.0, ge=0, le=600)
    """How long a server told to stop goes on taking requests, so that a balancer which looks at `/readyz`
    leaves it in peace before it closes its door."""
    engine_threads: int = Field(default=0, ge=0)
    """Threads one attempt may use; 0 shares the machine's cores between the workers."""
    engine_memory: int = Field(default=4096 * MIB, ge=256 * MIB)
    """Address space one attempt may use, bytes."""
    models_loaded: int = Field(default=1, ge=1, le=64)
    """Engines whose models a worker keeps in memory at a time; another one takes the place of the one that
    was used longest ago."""

    metering: Literal["off", "on"] = "off"
    """Charging for tasks; while off, nothing is reserved or charged."""
    prices: Prices = Field(default={}, validate_default=True)
    """USD per second of output, laid over `PRICES`."""
    strict: bool = False
    """Refuse unknown request fields instead of noting them."""
    max_body: int = Field(default=64 * MIB, ge=1024)
    """Largest JSON body, bytes."""
    max_queued: int = Field(default=10_000, ge=1)
    """Pending tasks beyond which submits are answered 503."""
    team_running_limit: int | None = Field(default=None, ge=0, le=1_000_000)
    """Most tasks of one team that run at once, in all processes; `omnireel teams set` overrules it."""
    min_free_disk: int = Field(default=512 * MIB, ge=0)
    """Free bytes below which submits are answered 503."""
    upload_quota_bytes: int = Field(default=10_240 * MIB, ge=0)
    """What a team's uploaded files may take together, unless `omnireel teams set` says otherwise."""
    requests_per_minute: int = Field(default=600, ge=1)
    """Per team, polls included."""
    retention_days: float = Field(default=7.0, gt=0)
    link_seconds: int = Field(default=3600, ge=60)
    """How long a signed result link works; every poll signs anew."""
    allow_private_network: bool = False
    """Let inputs be fetched from private and loopback addresses. For local work only."""
    fetch_seconds: float = Field(default=60.0, gt=0)
    """Total time to fetch one input."""
    sandbox: Literal["auto", "required", "off"] = "auto"
    """`auto` takes the tightest box there is; `required` refuses to start without one."""
    media_limits: MediaLimits = MediaLimits()

    log_format: LogFormat = "auto"
    """`auto` is JSON unless standard error is a terminal."""
    log_level: LogLevel = "info"
    log_prompts: bool = False
    """Write prompts into the log."""
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where `/metrics` is served, apart from everything else; not at all while unset."""
    metrics_host: str = "127.0.0.1"
    """The address that `metrics_port` is on."""
    tracing: bool | None = None
    """Send traces; unset, when the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`)."""

    @field_validator("routes")
    @classmethod
    def _for_models_there_are(cls, routes: Mapping[str, Any]) -> Mapping[str, Any]:
        if unknown := sorted(routes.keys() - PRICES.keys()):
            raise ValueError(f"there is no model {unknown[0]!r}; there are {', '.join(PRICES)}")
        return routes

    @field_validator("engines", "director", mode="before")
    @classmethod
    def _from_the_environment(cls, tables: Any) -> Any:
        return _resolved(tables)

    @field_serializer("engines")
    def _without_secrets(self, tables: Mapping[str, EngineTable]) -> dict[str, dict[str, str]]:
        return {
            name: {"kind": table.kind} | dict.fromkeys(table.options, "set") for name, table in tables.items()
        }

    @field_validator("prices")
    @classmethod
    def _over_the_defaults(cls, prices: Prices) -> Prices:
        if unknown := sorted(prices.keys() - PRICES.keys()):
            raise ValueError(f"there is no model {unknown[0]!r}; there are {', '.join(PRICES)}")
        return {slug: {**modes, **prices.get(slug, {})} for slug, modes in PRICES.items()}

    @model_validator(mode="after")
    def _beats_within_the_lease(self) -> Self:
        if self.heartbeat_seconds * 3 > self.lease_seconds:
            raise ValueError(
                f"heartbeat_seconds must be at most a third of lease_seconds ({self.lease_seconds:g}), "
                f"got {self.heartbeat_seconds:g}"
            )
        return self

    @model_validator(mode="after")
    def _a_bucket_where_one_is_described(self) -> Self:
        described = [name for name in ("s3_prefix", "s3_endpoint", "s3_region") if getattr(self, name)]
        if described and self.s3_bucket is None:
            raise ValueError(f"{described[0]} needs s3_bucket")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def _resolved(value: Any) -> Any:
    """The same, with every `{"env": NAME}` replaced by what the environment has under that name."""
    if isinstance(value, dict) and value.keys() == {"env"}:
        name = value["env"]
        if not isinstance(name, str) or name not in os.environ:
            raise ValueError(f"the environment has no {name!r}")
        return os.environ[name]
    if isinstance(value, dict):
        return {key: _resolved(inner) for key, inner in value.items()}
    return [_resolved(inner) for inner in value] if isinstance(value, list) else value
