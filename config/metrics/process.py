"""What a process with Django counts besides what its verbs do: its requests, its jobs, its connections."""

from collections.abc import Iterator

from django.db.backends.postgresql.base import DatabaseWrapper
from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from taskers.telemetry import publish, spans

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
JOB_SECONDS = (0.01, 0.1, 1, 10, 60, 600)
NO_ROUTE = "none"  # static files, and addresses where nothing is
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Histogram(
    "tandem_http_request_seconds",
    "From a request's last byte to the answer; of what is streamed, to its beginning.",
    ["route", "method"],
    buckets=SECONDS,
)
RESPONSES = Counter("tandem_http_responses_total", "Answers, by the first digit of their status.", ["route", "status"])
JOBS = Histogram("tandem_job_seconds", "How long jobs took.", ["job", "ended"], buckets=JOB_SECONDS)


def answered(route: str, method: str, status: int, seconds: float) -> None:
    """Count a request. Its route is the name of an address, so that there are only so many."""
    name = route or NO_ROUTE
    REQUESTS.labels(name, method if method in METHODS else "other").observe(seconds)
    RESPONSES.labels(name, f"{status // 100}xx").inc()


class Pool(Collector):
    """The connections that this process keeps to the database."""

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        pools = list(DatabaseWrapper._connection_pools.values())  # type: ignore[attr-defined]
        stats = [pool.get_stats() for pool in pools]

        def whole(name: str) -> int:
            return sum(one.get(name, 0) for one in stats)

        held = GaugeMetricFamily("tandem_pool_connections", "Connections that are kept.", labels=["state"])
        held.add_metric(["idle"], whole("pool_available"))
        held.add_metric(["used"], whole("pool_size") - whole("pool_available"))
        yield held
        yield GaugeMetricFamily("tandem_pool_most", "The most that may be kept.", value=whole("pool_max"))
        waits = "Threads that wait for a connection."
        yield GaugeMetricFamily("tandem_pool_waiting", waits, value=whole("requests_waiting"))
        waited = whole("requests_wait_ms") / 1000
        yield CounterMetricFamily("tandem_pool_waited_seconds", "How long was waited for one.", value=waited)


def begin(kind: str) -> None:
    """Tell from now on what this process counts, and keep its traces, if the operator wants that."""
    spans.begin(kind)
    if publish.wanted():
        REGISTRY.register(Pool())
        publish.publish(kind)
