"""Model processes of a test's own: any command in place of a model's process."""

import asyncio
import socket
from pathlib import Path
from typing import Any

from assist.adapters import Offer
from assist.runtime.model_launch import Started
from assist.runtime.supervisor import Start


def ending(*command: str) -> Any:
    """The same for whoever starts a model for one question."""
    begin = starting(*command)

    async def start(offer: Offer, place: Path, **options: Any) -> Started:
        return await begin(offer, place)

    return start


def starting(*command: str) -> Start:
    """Starts this command where a model's process would be started; it neither hears nor says anything."""

    async def start(offer: Offer, place: Path) -> Started:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(*command)
        return Started(process, ours, place)

    return start
