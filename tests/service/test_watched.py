"""What is told of a request: one line, its numbers, its span."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.service.house import O1, House, open_house

from omnireel.telemetry.instruments import Instruments
from omnireel.telemetry.otel import OtelTracer
from omnireel.telemetry.tracing import accepted, trace_id

ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs(processors=[merge_contextvars]) as lines:
        yield lines


def requests_in(lines: list[Any]) -> list[dict[str, Any]]:
    return [line for line in lines if line["event"] == "request"]


def test_every_request_is_one_line_with_its_route_and_its_caller(house: House, lines: list[Any]) -> None:
    task_id = house.submit()
    house.client().get(f"/api/v1/tasks/{task_id}?wait=false", headers={"X-Request-ID": "mine"})
    house.stranger().get("/api/v1/tasks")
    house.stranger().get(f"/files/results/{task_id}?expires=1&signature=abc")
    house.stranger().get("/no/such/place")
    house.stranger().request("PURGE", "/healthz")

    told = [(line["method"], line["route"], line["status"]) for line in requests_in(lines)]
    assert told == [
        ("POST", O1, 200),
        ("GET", "/api/v1/tasks/{task_id}", 200),
        ("GET", "/api/v1/tasks", 401),
        ("GET", "/files/{key:path}", 403),
        ("GET", "unmatched", 404),
        ("other", "/healthz", 405),
    ]
    first, second, third, *_ = requests_in(lines)
    assert (first["team"], first["key"]) == ("default", house.key[-4:])
    assert second["request_id"] == "mine"
    assert "team" not in third
    assert all(line["ms"] >= 0 and line["request_id"] for line in requests_in(lines))
    assert house.key not in str(lines)
    assert "signature" not in str(lines)
    submitted = next(line for line in lines if line["event"] == "task submitted")
    assert (submitted["key"], submitted["request_id"]) == (house.key[-4:], first["request_id"])


def test_a_fault_inside_is_told_with_its_traceback_and_counted(tmp_path: Path, lines: list[Any]) -> None:
    def broken() -> str:
        raise ZeroDivisionError("broken")

    instruments = Instruments()
    with open_house(tmp_path, instruments=instruments, checks={"broken": broken}) as house:
        house.stranger().get("/readyz", headers={"X-Request-ID": "req-1"})

    failed = next(line for line in lines if line["event"] == "request failed")
    assert (failed["request_id"], failed["route"], failed["exc_info"]) == ("req-1", "/readyz", True)
    labels = {"method": "GET", "route": "/readyz", "status": "500"}
    assert instruments.metrics.registry.get_sample_value("omnireel_http_requests_total", labels) == 1


def test_requests_and_submits_are_counted_with_few_labels(tmp_path: Path) -> None:
    instruments = Instruments()
    with open_house(tmp_path, instruments=instruments) as house:
        for _ in range(3):
            house.submit()
        for n in range(20):
            house.stranger().get(f"/strange/{n}")
            house.client().get(f"/api/v1/tasks/task-{n}")
    of = instruments.metrics.registry.get_sample_value

    assert of("omnireel_tasks_submitted_total", {"model": "kling/kling-video-o1"}) == 3
    assert of("omnireel_http_requests_total", {"method": "POST", "route": O1, "status": "200"}) == 3
    assert of("omnireel_http_request_seconds_count", {"method": "GET", "route": "unmatched"}) == 20
    series = [
        sample
        for family in instruments.metrics.registry.collect()
        for sample in family.samples
        if sample.name == "omnireel_http_requests_total"
    ]
    assert len(series) == 3


def test_a_request_is_a_span_under_its_callers_and_the_submit_is_under_it(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with open_house(tmp_path, instruments=Instruments(tracer=OtelTracer(provider))) as house:
        client = house.client()
        client.post(f"{O1}?signature=abc", json={"prompt": "a secret plan"}, headers={"traceparent": ABOVE})
        client.get("/api/v1/tasks/none", headers={"traceparent": "00-not-a-context"})
        claim = house.claim()
    submit, request, other = exporter.get_finished_spans()

    assert (request.name, submit.name, other.name) == (f"POST {O1}", "submit", "GET /api/v1/tasks/{task_id}")
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == ABOVE.split("-")[2]
    assert submit.parent is not None
    assert submit.parent.span_id == request.context.span_id
    assert other.parent is None
    assert trace_id(claim.trace) == trace_id(ABOVE)
    assert claim.trace.split("-")[2] == f"{submit.context.span_id:016x}"
    assert (request.attributes or {})["http.response.status_code"] == 200
    assert request.status.status_code is StatusCode.UNSET
    told = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert not [secret for secret in (house.key, "signature", "secret plan") if secret in told]


def test_without_a_tracer_a_callers_context_still_goes_with_the_task(house: House) -> None:
    house.client().post(O1, json={"prompt": "a"}, headers={"traceparent": ABOVE})
    house.client().post(O1, json={"prompt": "b"})

    assert (house.claim().trace, house.claim().trace) == (ABOVE, "")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "x",
        ABOVE.upper(),
        f"{ABOVE} ",
        ABOVE.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        "00" + ABOVE,
    ],
)
def test_a_context_that_is_none_is_not_taken(header: str) -> None:
    assert accepted(header) == ""
