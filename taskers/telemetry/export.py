"""Traces by OpenTelemetry, sent to the collector that TANDEM_TRACES names. Needs the extra `traces`.

Spans wait in memory, so many and no more, and one thread sends them, with little patience: where the collector hangs
or is gone they are lost, and no request waits for it.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
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


def to_collector(process: str) -> Traces:
    """Traces that go where the environment says."""
    endpoint = os.environ["TANDEM_TRACES"].rstrip("/")
    url = endpoint if endpoint.endswith("/v1/traces") else f"{endpoint}/v1/traces"
    share = float(os.environ.get("TANDEM_TRACES_SHARE") or 0.1)
    return Traces(process, min(max(share, 0.0), 1.0), OTLPSpanExporter(endpoint=url, timeout=SEND_SECONDS))
