"""The tracer that sends spans to an OpenTelemetry collector. Imported only when traces are on.

The SDK reads the standard `OTEL_*` environment: where to send to, with which headers, how much to sample.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from omnireel.telemetry.redaction import redact
from omnireel.telemetry.tracing import NOTHING, Fact, Facts, Kind, Span, Tracer, current

_KINDS: Final = {
    Kind.INTERNAL: SpanKind.INTERNAL,
    Kind.SERVER: SpanKind.SERVER,
    Kind.CONSUMER: SpanKind.CONSUMER,
    Kind.CLIENT: SpanKind.CLIENT,
}
_NANOSECONDS: Final = 1_000_000_000


def exporting_tracer() -> OtelTracer:
    """A tracer that sends spans in batches over OTLP (HTTP, protobuf) to where the environment says."""
    ours = Resource.create({SERVICE_NAME: "omnireel", SERVICE_VERSION: version("omnireel")})
    provider = TracerProvider(resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OtelTracer(provider)


class OtelTracer(Tracer):
    """Makes spans with a provider of the SDK, which `close` shuts down."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("omnireel", version("omnireel"))

    def begin(
        self,
        name: str,
        *,
        parent: str | None = None,
        kind: Kind = Kind.INTERNAL,
        at: float | None = None,
        facts: Facts = NOTHING,
    ) -> Span:
        span = self._tracer.start_span(
            redact(name),
            context=_context_of(current() if parent is None else parent),
            kind=_KINDS[kind],
            attributes=_clean(facts),
            start_time=_nanoseconds(at),
        )
        return _OtelSpan(span)

    def close(self) -> None:
        self._provider.shutdown()


class _OtelSpan(Span):
    def __init__(self, span: trace.Span) -> None:
        super().__init__(_traceparent(span.get_span_context()))
        self._span = span

    def rename(self, name: str) -> None:
        self._span.update_name(redact(name))

    def tell(self, facts: Facts) -> None:
        self._span.set_attributes(_clean(facts))

    def fail(self, error: str) -> None:
        # A word of ours; an exception's own text may hold anything.
        self._span.set_attribute("error.type", redact(error))
        self._span.set_status(StatusCode.ERROR)

    def end(self, *, error: str = "", at: float | None = None) -> None:
        if error:
            self.fail(error)
        self._span.end(_nanoseconds(at))


def _clean(facts: Facts) -> dict[str, Fact]:
    return {name: redact(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}


def _traceparent(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _context_of(traceparent: str) -> Context:
    """What a span begins in; never what some library has made current behind our back."""
    if not traceparent:
        return Context()
    _, trace_id, span_id, flags = traceparent.split("-")
    parent = SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
    return trace.set_span_in_context(NonRecordingSpan(parent), Context())


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * _NANOSECONDS)
