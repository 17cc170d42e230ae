"""The people that most tests begin with."""

from taskers.models import Event
from taskers.models.people import Role
from tests.support import make


def test_people_made_at_once_for_tests_are_those_that_the_verbs_make(db) -> None:
    riverside = make.organization("Riverside")
    roles = [Role.REVIEWER, Role.TASKER]
    slowly = [make.person("Rita", riverside, *roles), make.person("Sam")]
    at_once = make.people([(riverside, {"dora": roles}), (None, {"emil": []})]).values()
    for one, other in zip(slowly, at_once, strict=True):
        assert (one.is_staff, one.language, one.password) == (other.is_staff, other.language, other.password)
        assert {each.role for each in one.memberships.all()} == {each.role for each in other.memberships.all()}
        mine, theirs = (Event.objects.filter(subject=f"person:{each.public_id}") for each in (one, other))
        assert [(each.kind, each.data) for each in mine] == [(each.kind, each.data) for each in theirs]
