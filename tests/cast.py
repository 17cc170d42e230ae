"""The people of the tests. Riverside labels; Hilltop is its neighbour on the same server; Sam belongs nowhere.

At Riverside: Olga owns, Mina manages, Rita reviews, Finn and Fay are finance; Alice, Bob and Carol do the tasks.
At Hilltop: Nora manages, Ned does tasks, Nils reviews and pays.
"""

from dataclasses import dataclass

from taskers.models import Organization, Person
from taskers.models.people import Role
from tests import make

PASSWORD = "correct horse battery"


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


def assemble() -> Cast:
    """Make everybody, all with the same password."""
    riverside, hilltop = make.organization("Riverside"), make.organization("Hilltop")

    def at(organization: Organization, name: str, *roles: str) -> Person:
        return make.person(name, organization, *roles)

    return Cast(
        riverside=riverside,
        hilltop=hilltop,
        olga=at(riverside, "Olga", Role.OWNER),
        mina=at(riverside, "Mina", Role.MANAGER),
        rita=at(riverside, "Rita", Role.REVIEWER),
        finn=at(riverside, "Finn", Role.FINANCE),
        fay=at(riverside, "Fay", Role.FINANCE),
        alice=at(riverside, "Alice", Role.TASKER),
        bob=at(riverside, "Bob", Role.TASKER),
        carol=at(riverside, "Carol", Role.TASKER),
        nora=at(hilltop, "Nora", Role.MANAGER),
        ned=at(hilltop, "Ned", Role.TASKER),
        nils=at(hilltop, "Nils", Role.REVIEWER, Role.FINANCE),
        sam=make.person("Sam"),
    )
