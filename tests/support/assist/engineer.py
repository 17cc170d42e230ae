"""Emil, who looks after models, and the pages that he opens."""

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project
from taskers.models.people import Role
from tests.support import make
from tests.support.cast import Cast


@pytest.fixture
def emil(cast: Cast) -> Client:
    """Looks after models and manages nothing."""
    client = Client()
    client.force_login(make.person("Emil", cast.riverside, Role.ML_ENGINEER))
    return client


def at(name: str, project: Project, *more: object) -> str:
    """A page of a project."""
    return reverse(name, args=[project.public_id, *more])


def shown(client: Client, name: str, project: Project, *more: object) -> str:
    """What it shows."""
    answer = client.get(at(name, project, *more))
    assert answer.status_code == 200
    return answer.content.decode()
