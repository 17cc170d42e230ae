"""The batch of `python -m benchmarks models`: 100,000 images through jobs, by a fake model, with deaths by chance."""

import os
import random

from django.conf import settings

from benchmarks.models import deaths
from projects.configuration import configure
from projects.workflow import batches
from taskers.models import Organization, Person
from tests.support.assist.running import running

PATIENCE = 4 * 3600.0


def survived(tasks: int, kills: int) -> deaths.Outcome:
    """What came of so many tasks, a tenth of which show an image that another shows too."""
    owner = Organization.objects.create(name="Riverside")
    mina = Person.objects.create_user(email="mina@example.org", password=None)
    labels = [{"name": "Thing", "key": "thing"}]
    project = configure.create(owner, None, name="Yard", task_type="image_regions", labels=labels, wanted=1)
    batch = batches.move(batches.create(project, "All", by=None), "live", by=None)
    deaths.fill(batch, tasks, images=max(1, tasks * 9 // 10))
    with running(deaths.MODEL) as runtime:
        settings.RUNTIME_ADDRESS = runtime.address
        around = os.environ | {"TANDEM_RUNTIME": runtime.address}
        dice = random.Random(16)
        return deaths.storm(batch, by=mina, kills=kills, environment=around, dice=dice, patience=PATIENCE)
