"""Who judges in the truth engine's stories, and of what."""

import pytest

from projects.task_types import TASK_TYPES
from taskers.models.people import Role
from tests.support import make
from tests.support.projects.judging import OneLabel


@pytest.fixture
def choices(monkeypatch):
    monkeypatch.setitem(TASK_TYPES, "text_spans", OneLabel())


@pytest.fixture
def honest(cast):
    return [cast.alice, cast.bob, cast.carol]


@pytest.fixture
def spammers(cast):
    return [make.person(name, cast.riverside, Role.TASKER) for name in ("Sly", "Slim")]
