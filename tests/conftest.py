"""What every test can ask for."""

import pytest

from tests import cast as people

pytest_plugins = ["tests.plugins.database"]


@pytest.fixture
def cast(db) -> people.Cast:
    """Everybody (tests/cast.py)."""
    return people.assemble()
