"""The pages that people open all day: as fast with a million tasks as with a thousand, and in few queries."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.queue.measure import Row, at_most, ms, p95, seconds
from projects.models import Project
from taskers.models import Membership, Organization, Person

PAGES = ("projects", "project", "tasks", "home")
TIMES = 40


def measure(owner: Organization, small: Project, large: Project) -> list[Row]:
    """Each page in turns with its small twin; queries are counted on the large one."""
    manager = Person.objects.create(email="manager@example.org", name="Manager", password="!")
    for role in ("owner", "tasker"):
        Membership.objects.create(person=manager, organization=owner, role=role)
    client = Client()
    client.force_login(manager)
    rows = []
    for page in PAGES:
        addresses = [_address(page, project) for project in (small, large)]
        for address in addresses:
            assert client.get(address).status_code == 200, address
        taken: dict[int, list[float]] = {0: [], 1: []}
        for _ in range(TIMES):
            for which, address in enumerate(addresses):
                taken[which] += seconds([lambda at=address: client.get(at)])  # type: ignore[misc]
        with CaptureQueriesContext(connection) as queries:
            client.get(addresses[1])
        low, high = p95(taken[0]), p95(taken[1])
        rows.append(at_most(f"page {page}, p95 large / small", f"{ms(high)} / {ms(low)}", high / low, 1.5))
        rows.append(at_most(f"page {page}, queries", str(len(queries)), len(queries), 10))
    return rows


def _address(page: str, project: Project) -> str:
    return reverse(page, args=[project.public_id]) if page in {"project", "tasks"} else reverse(page)
