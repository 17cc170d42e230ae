"""The people of the tests. Riverside labels; Hilltop is its neighbour on the same server; Sam belongs nowhere.

At Riverside: Olga owns, Mina manages, Rita reviews, Finn and Fay are finance; Alice, Bob and Carol do the tasks.
At Hilltop: Nora manages, Ned does tasks, Nils reviews and pays.
"""

from dataclasses import dataclass

from taskers.models import Organization, Person
from taskers.models.people import Role
from tests.support import make


@dataclass(frozen=True)
class Cast:
    """Everybody, and the two organizations."""

    riverside: Organization
    hilltop: Organization
    olga: Person
    mina: Person
    rita: Person
    finn: Person
    fay: Person
    alice: Person
    bob: Person
    carol: Person
    nora: Person
    ned: Person
    nils: Person
    sam: Person


RIVERSIDE = {
    "olga": [Role.OWNER],
    "mina": [Role.MANAGER],
    "rita": [Role.REVIEWER],
    "finn": [Role.FINANCE],
    "fay": [Role.FINANCE],
    "alice": [Role.TASKER],
    "bob": [Role.TASKER],
    "carol": [Role.TASKER],
}
HILLTOP = {"nora": [Role.MANAGER], "ned": [Role.TASKER], "nils": [Role.REVIEWER, Role.FINANCE]}


def assemble() -> Cast:
    """Make everybody, all with the same password."""
    riverside, hilltop = Organization.objects.bulk_create(
        [Organization(name="Riverside"), Organization(name="Hilltop")]
    )
    people = make.people([(riverside, RIVERSIDE), (hilltop, HILLTOP), (None, {"sam": []})])
    return Cast(riverside=riverside, hilltop=hilltop, **people)
