"""The connections on which the worker fetches its jobs and hears of new ones."""

from procrastinate import PsycopgConnector
from procrastinate.contrib.django.utils import connector_params
from psycopg import AsyncConnection
from psycopg.abc import RV, PQGen

CONNECTIONS = 3  # for three workers, each of whose statements is short; each that hears of new jobs takes one more
LOOK_SECONDS = 5.0


class PatientConnection(AsyncConnection):
    """Waits for its server, and looks up from that every few seconds and not ten times a second: psycopg does so to
    hear signals, which reach asyncio by themselves."""

    async def wait(self, gen: PQGen[RV], interval: float = LOOK_SECONDS, timeout: float | None = None) -> RV:
        """What the server's answer comes to."""
        return await super().wait(gen, interval=interval, timeout=timeout)


def connector() -> PsycopgConnector:
    """For a worker of the database that Django has."""
    return PsycopgConnector(
        kwargs=connector_params(), connection_class=PatientConnection, min_size=1, max_size=CONNECTIONS
    )
