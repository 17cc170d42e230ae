"""Where a request spent its time: one trace through web, verbs, runtime and jobs. Nobody waits for a collector."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from procrastinate.contrib.django import app

from assist.runtime.client import RuntimeClient
from config.management.commands import work
from projects.data import importing
from taskers.credentials import tokens
from taskers.telemetry import export, request_ids, spans
from tests.support import make
from tests.support.assist.running import FAKE, running
from tests.support.config.serving import serving
from tests.support.waiting import until

OURS = "from-the-proxy.7f3a"


class Collector(ThreadingHTTPServer):
    """Takes spans: each a tuple of its name, trace, own number, parent's number and process."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.spans: list[tuple[str, bytes, bytes, bytes, str]] = []
        self.requests: set[str] = set()

    def named(self, name: str) -> tuple[str, bytes, bytes, bytes, str]:
        return until(lambda: next((one for one in self.spans if one[0] == name), None), why=lambda: self.spans)


class Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector) and self.path == "/v1/traces"
        said = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        for of_process in said.resource_spans:
            names = {one.key: one.value.string_value for one in of_process.resource.attributes}
            for scope in of_process.scope_spans:
                for one in scope.spans:
                    self.server.requests |= {x.value.string_value for x in one.attributes if x.key == "tandem.request"}
                    process = names["service.instance.id"]
                    found = (one.name, one.trace_id, one.span_id, one.parent_span_id, process)
                    self.server.spans.append(found)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def collector(monkeypatch) -> Iterator[Collector]:
    """A collector to which this process, and those that it starts, send every trace at once."""
    monkeypatch.setattr(export, "EVERY_SECONDS", 0.05)
    with Collector() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("TANDEM_TRACES", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("TANDEM_TRACES_SHARE", "1")
        monkeypatch.setenv("TANDEM_PROCESS", "web.1")
        spans.begin("web")
        yield server
        spans.stop()
        request_ids.resume("")
        server.shutdown()


@pytest.mark.django_db(transaction=True)
def test_a_claim_by_program_is_one_trace_with_the_names_of_addresses_and_verbs(cast, collector) -> None:
    project = make.project(cast.riverside)
    make.task(make.batch(project))
    _, secret = tokens.issue(cast.alice, cast.riverside, name="Hers")
    with serving() as port:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        head = {"Host": "localhost", "Authorization": f"Bearer {secret}", "X-Request-ID": OURS}
        line.request("POST", f"/api/v1/projects/{project.public_id}/claim/", headers=head)
        answer = line.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["assignment"]
    asked, claimed = collector.named("POST api-claim"), collector.named("claim.claim")
    assert claimed[1] == asked[1] and claimed[3] == asked[2] and asked[3] == b""
    assert asked[4] == "web.1" and collector.requests == {OURS}
    assert not [one for one in collector.spans if str(project.public_id) in one[0]]


@pytest.mark.django_db(transaction=True)
def test_a_job_is_a_part_of_the_trace_that_set_it_going(collector, monkeypatch) -> None:
    monkeypatch.setattr(importing, "run", lambda key: None)
    monkeypatch.setattr(work, "READERS", {})
    with spans.span("POST load"):
        app.configure_task("projects.jobs.run_import", queue="imports").defer(import_key=1)

    async def story() -> None:
        running_jobs = asyncio.create_task(work.work(concurrency=1))
        try:
            await asyncio.to_thread(collector.named, "job run_import")
        finally:
            running_jobs.cancel()
            await asyncio.gather(running_jobs, return_exceptions=True)

    asyncio.run(story())
    asked, done = collector.named("POST load"), collector.named("job run_import")
    assert done[1] == asked[1] and done[3] == asked[2]


async def test_what_the_runtime_and_the_model_do_is_a_part_of_it_too(collector) -> None:
    with running(*FAKE) as runtime:
        runtime.until_ready()
        client = RuntimeClient(runtime.address)
        with spans.span("a prompt"):
            await client.spans(FAKE[1], "Maria Lopez visited Oslo.", "alice")
        await client.close()
        asked = await asyncio.to_thread(collector.named, "a prompt")
        await asyncio.to_thread(
            until,
            lambda: {one[4] for one in collector.spans if one[0] == "runtime spans"} == {"web.1", f"model.{FAKE[1]}"},
        )
    parts = [one for one in collector.spans if one[0] in ("ask spans", "runtime spans")]
    assert {one[1] for one in parts} == {asked[1]} and len(parts) == 4
    assert not [one for one in collector.spans if "status" in one[0]], "what asks by the clock begins no traces"


@pytest.mark.django_db(transaction=True)
def test_a_collector_that_hangs_holds_up_nobody_and_fills_no_memory(monkeypatch) -> None:
    monkeypatch.setattr(export, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(export, "SEND_SECONDS", 600.0)
    monkeypatch.setattr(export, "WAITING", 300)
    monkeypatch.setenv("TANDEM_TRACES_SHARE", "1")
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setenv("TANDEM_TRACES", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        spans.begin("web")
        try:
            with spans.span("the first"):
                pass
            taken, _ = deaf.accept()  # it is being sent now, and never answered
            for _ in range(1000):
                with spans.span("more"):
                    pass
            with serving() as port:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                line.request("GET", "/healthz", headers={"Host": "localhost"})
                assert line.getresponse().status == 200
            (traces,) = spans._kept
            assert len(traces.sending._batch_processor._queue) == 300  # type: ignore[attr-defined]
        finally:
            taken.close()
            deaf.close()
            spans.stop()


def test_without_the_extra_the_work_goes_on_and_the_log_says_what_to_do(monkeypatch, caplog) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError("No module named 'opentelemetry'", name="opentelemetry")

    monkeypatch.setenv("TANDEM_TRACES", "http://127.0.0.1:4318")
    monkeypatch.setattr(spans, "import_module", missing)
    spans.begin("web")
    assert "no traces can be kept (No module named 'opentelemetry')" in caplog.text
    with spans.span("a request") as span:
        span.say("GET home", status=200)
    assert spans.place() == ""
