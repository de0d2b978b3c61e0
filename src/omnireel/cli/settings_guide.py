"""What each setting is for, in the order of a settings file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Guide:
    """A setting's meaning, and a value to show where it has none of its own."""

    name: str
    meaning: str
    example: str = ""


SECTIONS: Final[tuple[tuple[str, tuple[Guide, ...]], ...]] = (
    (
        "Where it listens and keeps things",
        (
            Guide("host", "address to listen on"),
            Guide("port", "port to listen on; 0 takes a free one"),
            Guide(
                "public_url",
                "origin that links in answers start with; the listening address when not set",
                '"https://video.example"',
            ),
            Guide("data", "folder for the database, files and secrets"),
            Guide(
                "kernel_folder",
                "folder for compiled kernels; the user's cache when not set",
                '"/var/cache/omnireel"',
            ),
            Guide(
                "database",
                "postgresql://user@host/name; a SQLite file in `data` when not set. A password is better kept"
                " in the environment, as OMNIREEL_DATABASE",
                '"postgresql://omnireel@localhost/omnireel"',
            ),
            Guide("database_connections", "most connections of a process to PostgreSQL"),
            Guide("s3_bucket", "keeps inputs and results in a bucket instead of `data`", '"videos"'),
            Guide("s3_prefix", "what the names of its objects begin with", '"omnireel"'),
            Guide(
                "s3_endpoint",
                "address of an S3 server that is not Amazon's; http:// goes without TLS",
                '"http://127.0.0.1:9000"',
            ),
            Guide("s3_region", "AWS_REGION, or us-east-1, when not set", '"eu-central-1"'),
        ),
    ),
    (
        "Workers and engines",
        (
            Guide("workers", "tasks worked on at once in this process; 0 serves HTTP only"),
            Guide(
                "executor",
                "`local`: attempts are processes here; `ray`: on the cluster that RAY_ADDRESS names",
            ),
            Guide("ray_attempts", "most tasks that this process has on the cluster at once"),
            Guide(
                "ray_waiting",
                "tasks beyond what the cluster has room for that may wait there, for its autoscaler to see",
            ),
            Guide("ray_placement", "`spread` over as many nodes as there are, or `pack` on few"),
            Guide("engine", "engine for requests that name none"),
            Guide(
                "engines",
                "engines that have to be told something, a table [engines.NAME] each, with their `kind`;"
                ' write key = {env = "VARIABLE"} to keep a secret in the environment',
            ),
            Guide(
                "routes",
                "engines for requests that name none, an array of tables [[routes.MODEL]], the best first:"
                " `engine`, and when it is wanted: `modes`, `kinds`, `longest` (seconds), `teams`",
            ),
            Guide(
                "director",
                "a language model that turns requests into storyboards, a table [director]: `base_url` of an"
                " OpenAI-compatible chat endpoint, `model`, `api_key`, `seconds`; the rules do when not set",
                '{ base_url = "http://127.0.0.1:11434/v1", model = "qwen3:8b" }',
            ),
            Guide("allow_engine_choice", "whether callers may name an engine"),
            Guide("allow_priority", "whether callers may send X-Priority"),
            Guide("lease_seconds", "how long a claim lasts unless renewed"),
            Guide("heartbeat_seconds", "how often it is renewed; at most a third of the lease"),
            Guide("max_attempts", "attempts at a task when the machinery fails"),
            Guide("attempt_seconds", "an attempt that takes longer is killed"),
            Guide("stop_grace_seconds", "between asking an attempt to stop and killing it"),
            Guide("drain_seconds", "how long a server told to stop lets attempts finish"),
            Guide(
                "linger_seconds",
                "how long a server told to stop takes requests while /readyz says 503, for a balancer",
            ),
            Guide("engine_threads", "threads per attempt; 0 shares the cores between the workers"),
            Guide("engine_memory", "address space per attempt, bytes"),
            Guide("models_loaded", "engines whose models a worker keeps in memory at a time"),
            Guide("sandbox", "`auto`, `required` (refuse to start without one) or `off`"),
        ),
    ),
    (
        "Money and limits",
        (
            Guide("metering", "`on` charges for tasks"),
            Guide(
                "prices", "USD per second of output, a table per model, laid over 0.084 `std` and 0.112 `pro`"
            ),
            Guide("strict", "refuse unknown request fields instead of noting them"),
            Guide("max_body", "largest JSON body, bytes"),
            Guide("max_queued", "pending tasks beyond which submits get 503"),
            Guide(
                "team_running_limit",
                "most tasks of one team that run at once; `omnireel teams set` overrules it",
                "4",
            ),
            Guide("min_free_disk", "free bytes below which submits and uploads get 503"),
            Guide("upload_quota_bytes", "what a team's uploaded files may take together"),
            Guide("requests_per_minute", "per team, polls included, all processes together"),
            Guide("retention_days", "how long results are kept"),
            Guide("link_seconds", "how long a result's link works"),
            Guide(
                "allow_private_network",
                "let inputs come from private and loopback addresses; local work only",
            ),
            Guide("fetch_seconds", "total time to fetch one input"),
            Guide("media_limits", "what an input may measure"),
        ),
    ),
    (
        "What it tells",
        (
            Guide("log_format", "`json`, `console`, or `auto`: JSON unless standard error is a terminal"),
            Guide("log_level", "`debug`, `info`, `warning` or `error`"),
            Guide("log_prompts", "write prompts into the log"),
            Guide("metrics_port", "serves /metrics for Prometheus on a port of its own", "9100"),
            Guide("metrics_host", "the address that port is on"),
            Guide(
                "tracing",
                "send traces; when not set, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector",
                "true",
            ),
        ),
    ),
)
