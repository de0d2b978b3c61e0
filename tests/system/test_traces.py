"""One trace from a submit to its webhook, with a real child in the middle; and a collector that gets it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.chaos.places import FAKE
from tests.collector import collecting
from tests.receiver import receiving
from tests.service.house import O1, House, open_house

from omnireel.catalog.model import Terms
from omnireel.clock import SystemClock
from omnireel.execution.launching import LocalLimits
from omnireel.execution.local import LocalExecutor
from omnireel.media.post import post, post_policy
from omnireel.tasks.courier import Courier
from omnireel.tasks.dispatcher import Dispatcher
from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.otel import OtelTracer, exporting_tracer

pytestmark = pytest.mark.system
LOCAL = post_policy(allow_private=True)


class Works:
    """A dispatcher and a courier on a house, until closed."""

    def __init__(self, house: House, folder: Path, instruments: Instruments) -> None:
        self.executor = LocalExecutor(
            folder / "scratch",
            house.blobs,
            slots=1,
            cache=folder / "cache",
            limits=LocalLimits(stop_grace_seconds=0.3),
            engines=[FAKE],
        )
        dispatcher = Dispatcher(
            house.store, self.executor, house.blobs, worker="shop", instruments=instruments
        )
        courier = Courier(
            house.deliveries,
            house.secrets,
            render=lambda team, task_id: b"{}",
            post=partial(post, policy=LOCAL),
            clock=SystemClock(),
            look=0.05,
            drain=5.0,
            instruments=instruments,
        )
        self.stop = Event()
        self.threads = [Thread(target=run, args=(self.stop,)) for run in (dispatcher.run, courier.run)]
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
        self.executor.close()


def submitted_and_told(folder: Path, instruments: Instruments, prompt: str) -> None:
    """Let one task run to its end, and its webhook arrive."""
    # The child finds the fake engine by this name only.
    with (
        receiving() as receiver,
        open_house(
            folder, webhook_policy=LOCAL, instruments=instruments, terms=Terms(engines=(FAKE, "fake"))
        ) as house,
    ):
        house.engines[FAKE] = house.engines["fake"]
        works = Works(house, folder, instruments)
        try:
            body = {"prompt": prompt, "engine": FAKE}
            answer = house.client().post(O1, json=body, headers={"X-Webhook-URL": receiver.url})
            assert answer.status_code == 200, answer.text
            receiver.wait(1)
        finally:
            works.close()


def parents(spans: Mapping[str, ReadableSpan]) -> dict[str, str]:
    """Each span's parent, by name; "" for none."""
    names = {span.context.span_id: name for name, span in spans.items()}
    return {
        name: names[span.parent.span_id] if span.parent is not None else "" for name, span in spans.items()
    }


def test_a_tasks_whole_life_is_one_trace(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instruments = Instruments(tracer=OtelTracer(provider))
    with capture_logs(processors=[merge_contextvars]) as lines:
        submitted_and_told(tmp_path, instruments, "a secret plan fake:seconds=0.4 fake:steps=2")

    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert parents(spans) == {
        f"POST {O1}": "",
        "submit": f"POST {O1}",
        "queue wait": "submit",
        "attempt": "submit",
        "render": "attempt",
        "checking": "render",
        "directing": "render",
        "loading the engine": "render",
        "step # of #": "render",
        "done": "render",
        "publish": "attempt",
        "webhook delivery": "submit",
    }
    assert len({span.context.trace_id for span in spans.values()}) == 1
    for name in ("checking", "directing", "step # of #"):
        outer, inner = spans["render"], spans[name]
        assert (outer.start_time or 0) <= (inner.start_time or 0) <= (inner.end_time or 0)
        assert (inner.end_time or 0) <= (outer.end_time or 0)
    took = (spans["step # of #"].end_time or 0) - (spans["step # of #"].start_time or 0)
    assert took > 0.2e9
    assert "secret plan" not in "".join(span.to_json() for span in spans.values())
    ended = next(line for line in lines if line["event"] == "attempt ended")
    submitted = next(line for line in lines if line["event"] == "task submitted")
    assert (ended["request_id"], ended["team"]) == (submitted["request_id"], "default")
    of = instruments.metrics.registry.get_sample_value
    model = {"model": "kling/kling-video-o1"}
    assert of("omnireel_queue_wait_seconds_count", model) == 1
    for stage in ("render", "publish"):
        assert of("omnireel_task_run_seconds_count", model | {"stage": stage}) == 1
    assert of("omnireel_webhook_deliveries_total", {"outcome": "delivered"}) == 1
    assert of("omnireel_webhook_delay_seconds_count") == 1
    ended_well = {"engine": FAKE, "outcome": "succeeded", "reason": ""}
    assert of("omnireel_attempts_ended_total", ended_well) == 1


def test_a_collector_gets_the_spans_as_protobuf(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "films")
        tracer = exporting_tracer()
        with tracer.span("outer", facts={"omnireel.task": "t1"}) as outer:
            inner = tracer.record("inner", 1000.5, 1001.25, parent=outer.context)
        tracer.close()

    spans = {span.name: span for span in collector.spans}
    assert collector.services == {"films"}
    assert spans["inner"].parent_span_id == spans["outer"].span_id
    assert spans["inner"].span_id.hex() == inner.split("-")[2]
    assert (spans["inner"].start_time_unix_nano, spans["inner"].end_time_unix_nano) == (
        1_000_500_000_000,
        1_001_250_000_000,
    )
    assert [(item.key, item.value.string_value) for item in spans["outer"].attributes] == [
        ("omnireel.task", "t1")
    ]


OFF = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from omnireel.app.watch import Watch
from omnireel.errors import CannotStart
from omnireel.settings import Settings
from omnireel.telemetry.tracing import Tracer

for settings in (Settings(), Settings(tracing=False)):
    assert type(Watch(settings).instruments.tracer) is Tracer
try:
    Watch(Settings(tracing=True))
except CannotStart as error:
    print(error)
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "omnireel.telemetry.otel"))])
import omnireel.execution.child
"""
CHILD = """
import sys
import omnireel.execution.child, omnireel.execution.rendering, omnireel.execution.fetching
print([name for name in sys.modules if name.startswith(("opentelemetry", "prometheus_client", "structlog"))])
"""


def ran(program: str, **environment: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def test_a_server_without_the_extra_runs_and_says_what_traces_would_need() -> None:
    told = ran(OFF, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert "no traces: the environment names a collector" in told
    assert "pip install 'omnireel[otel]'" in told
    assert "[]" in told


def test_a_child_loads_nothing_to_watch_with() -> None:
    assert ran(CHILD) == "[]\n"
