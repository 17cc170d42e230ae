"""Programs that work for people, and what they ask about; a few files have some of their own."""

import pytest

from projects.models import Batch, Project
from tests.support import make
from tests.support.projects.pipeline import Api


@pytest.fixture
def mina(cast) -> Api:
    return Api(cast.mina, cast.riverside)


@pytest.fixture
def alice(cast) -> Api:
    return Api(cast.alice, cast.riverside)


@pytest.fixture
def nora(cast) -> Api:
    return Api(cast.nora, cast.hilltop)


@pytest.fixture
def project(cast) -> Project:
    return make.project(cast.riverside, wanted=1)


@pytest.fixture
def batch(project) -> Batch:
    return make.batch(project)
