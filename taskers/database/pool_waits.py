"""How long the pool of connections waits. Read by settings, so it imports no Django."""

POOL_WAIT_SECONDS = 2  # for a connection, before it is looked whether the server is away
RECONNECT_SECONDS = 2  # after which the pool gives up a failed connection; the next thread that asks begins a new one
