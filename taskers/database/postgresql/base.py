"""Django's PostgreSQL with a pool, which fails at once while the server is away.

The pool connects in the background and lets whoever asks wait until its time is over: while the server is away all
threads of a web process would wait, and those that need no database with them. Once the pool has failed to connect,
each thread therefore looks for itself first whether the server answers.
"""

import time
from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

PATIENCE_SECONDS = 20.0  # for a connection while the server answers and the others are in use
LOOK_SECONDS = 2  # for a server to answer

# How often each pool had failed to connect when its server last answered.
_failures_before: WeakKeyDictionary[ConnectionPool, int] = WeakKeyDictionary()


class DatabaseWrapper(base.DatabaseWrapper):
    """What Django connects by."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection of the pool. Raises OperationalError while the server is away, and PoolTimeout."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            if self.pool:
                self._look(self.pool, conn_params)
            try:
                return super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() >= end:
                    raise

    def _look(self, pool: ConnectionPool, conn_params: dict[str, Any]) -> None:
        """Raise OperationalError if the pool has failed to connect and the server still doesn't answer."""
        failures = pool.get_stats().get("connections_errors", 0)
        if failures == _failures_before.get(pool, 0):
            return
        self.Database.connect(**conn_params | {"connect_timeout": LOOK_SECONDS}).close()
        _failures_before[pool] = failures
        pool.check()  # what was connected to the server that went is of no use
