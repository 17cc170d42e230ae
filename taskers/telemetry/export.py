"""Traces by OpenTelemetry, sent to the collector that TANDEM_TRACES names. Needs the extra `traces`.

Spans wait in memory, so many and no more, and one thread sends them, with little patience: where the collector hangs
or is gone they are lost, and no request waits for it.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from taskers.telemetry import request_ids

WAITING = 2048  # spans in memory; what comes while they wait is lost
TOGETHER = 256  # spans in one message
EVERY_SECONDS = 2
SEND_SECONDS = 2.0  # for the collector to take a message
FIELD = "traceparent"
PROPAGATOR = TraceContextTextMapPropagator()

logging.getLogger("opentelemetry.sdk").setLevel(logging.ERROR)  # it warns of each span that is lost


class Traces:
    """Keeps a share of all traces, whole: who begins one draws whether it is kept, and the others go by that."""

    def __init__(self, process: str, share: float, exporter: SpanExporter) -> None:
        self.provider = TracerProvider(
            resource=Resource({"service.name": "tandem", "service.instance.id": process}),
            sampler=ParentBased(TraceIdRatioBased(share)),
            shutdown_on_exit=False,
        )
        self._exporter = exporter
        self.sending = BatchSpanProcessor(
            exporter,
            max_queue_size=WAITING,
            schedule_delay_millis=EVERY_SECONDS * 1000,
            max_export_batch_size=TOGETHER,
        )
        self.provider.add_span_processor(self.sending)
        self.tracer = self.provider.get_tracer("tandem")

    @contextmanager
    def span(self, name: str) -> Iterator["Part"]:
        """While it is open, what begins is a part of it."""
        with self.tracer.start_as_current_span(name) as span:
            if span.is_recording() and (id := request_ids.current()):
                span.set_attribute("tandem.request", id)
            yield Part(span)

    def going_on(self) -> bool:
        """Whether this lies in a trace that was drawn to be kept, here or by whoever asked."""
        return trace.get_current_span().get_span_context().trace_flags.sampled

    def place(self) -> str:
        """Where this is, as a `traceparent`; "" outside of any trace."""
        if not trace.get_current_span().get_span_context().is_valid:
            return ""
        said: dict[str, str] = {}
        PROPAGATOR.inject(said)
        return said.get(FIELD, "")

    def resume(self, place: str) -> None:
        """Go on there; what is no place leaves this where it is."""
        context.attach(PROPAGATOR.extract({FIELD: place}))

    def stop(self) -> None:
        """Send nothing more; what waits to be sent is lost."""
        self._exporter.shutdown()  # first, or the thread would try to send all of it
        self.provider.shutdown()


class Part:
    """One span."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def say(self, name: str, **said: str | int) -> None:
        """What it turned out to be. It tells nothing of people or their work."""
        if self._span.is_recording():
            self._span.update_name(name)
            self._span.set_attributes(said)


class Handed(SpanExporter):
    """Hands spans to somebody who can send them, encoded as the collector takes them."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._send = send

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """One message. What cannot be handed on is lost."""
        try:
            self._send(encode_spans(spans).SerializePartialToString())
        except Exception:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS


def through(process: str, send: Callable[[bytes], object]) -> Traces:
    """Traces of a process that has no socket."""
    return Traces(process, share(), Handed(send))


def to_collector(process: str) -> Traces:
    """Traces that go where the environment says."""
    return Traces(process, share(), OTLPSpanExporter(endpoint=collector(), timeout=SEND_SECONDS))


def send_encoded(data: bytes) -> None:
    """Send on what a process without a socket has handed over; what the collector does not take is lost."""
    headers = {"Content-Type": "application/x-protobuf"}
    with contextlib.suppress(httpx.HTTPError):
        httpx.post(collector(), content=data, headers=headers, timeout=SEND_SECONDS)


def collector() -> str:
    """Where traces go."""
    endpoint = os.environ["TANDEM_TRACES"].rstrip("/")
    return endpoint if endpoint.endswith("/v1/traces") else f"{endpoint}/v1/traces"


def share() -> float:
    """The share of traces that are kept."""
    return min(max(float(os.environ.get("TANDEM_TRACES_SHARE") or 0.1), 0.0), 1.0)
