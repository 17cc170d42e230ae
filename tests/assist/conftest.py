"""The copilot's tests: real models are fetched once and served by one process for the whole session."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

from assist.runtime.client import RuntimeClient, shared
from tests.support.assist import weights
from tests.support.assist.pictures import Picture, picture
from tests.support.assist.running import FAKE, REAL, Runtime, running


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of several processes of tests one has all that ask the real models: to load them takes longer than to ask."""
    for item in items:
        if "real_runtime" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("real models"))


@pytest.fixture(scope="session")
def model_folder() -> Path:
    """The pinned models."""
    return weights.pinned()


@pytest.fixture(scope="session")
def real_runtime(model_folder: Path) -> Iterator[Runtime]:
    """The real models in their own process, shared by the session. Tests that kill use one of their own."""
    with running(*REAL, weights=model_folder) as runtime:
        yield runtime


@pytest.fixture(scope="session")
def fake_runtime() -> Iterator[Runtime]:
    """The fakes in their own process, answering at once."""
    with running(*FAKE) as runtime:
        runtime.until_ready()
        yield runtime


@pytest.fixture
async def ask_real(real_runtime: Runtime) -> AsyncIterator[RuntimeClient]:
    client = RuntimeClient(real_runtime.address)
    yield client
    await client.close()


@pytest.fixture
async def ask_fake(fake_runtime: Runtime) -> AsyncIterator[RuntimeClient]:
    client = RuntimeClient(fake_runtime.address)
    yield client
    await client.close()


@pytest.fixture(scope="session")
def astronaut() -> Picture:
    return picture(data.astronaut())


@pytest.fixture(scope="session")
def cat() -> Picture:
    return picture(data.chelsea())


@pytest.fixture
def square() -> Picture:
    """Forty by thirty pixels of one colour."""
    return picture(np.full((30, 40, 3), 128, np.uint8))


@pytest.fixture
async def at(settings) -> AsyncIterator[Any]:
    """Point the web side at a runtime: `at(address)`; its line is hung up afterwards."""
    used: list[str] = []

    def point(address: str) -> None:
        settings.RUNTIME_ADDRESS = address
        used.append(address)

    yield point
    for address in used:
        await shared(address).close()
