"""One tasker at one task over a websocket."""
