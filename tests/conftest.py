"""What every test can ask for."""

import hypothesis
import pytest

pytest.register_assert_rewrite("tests.support")  # what is asserted there is told as fully as in a test

from tests.support import cast as people  # noqa: E402

pytest_plugins = ["tests.plugins.database"]

# What hypothesis draws is the same on every machine, so that a run says something of what was changed, and not of luck.
# `pytest --hypothesis-profile=default` searches anew.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same")


@pytest.fixture
def cast(db) -> people.Cast:
    """Everybody (tests/support/cast.py)."""
    return people.assemble()
