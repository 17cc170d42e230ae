"""On which terms an organization pays: hold, minimum, bonuses, disputes. The only writer of PayTerms."""

from typing import Any

from django.db import transaction

from taskers.audit import trail
from taskers.errors import Problem
from taskers.models import Organization, PayTerms, Person
from taskers.models.limits import PAY_TERMS


class BadTerms(Problem):
    """This can't be taken as it is."""

    code = "bad-pay-terms"
    status = 422


def of(organization: Organization) -> PayTerms:
    """The terms in force; the defaults, unsaved, where nobody set any."""
    return PayTerms.objects.filter(pk=organization.pk).first() or PayTerms(organization=organization)


@transaction.atomic
def change(organization: Organization, by: Person, **values: Any) -> PayTerms:
    """Set some of them; what changed is written into the audit trail. Raises BadTerms."""
    for name, value in values.items():
        limit = PAY_TERMS.get(name)
        if limit is None or not limit.holds(value):
            raise BadTerms(
                "“%(name)s” is a number from %(low)s to %(high)s.",
                place=name,
                name=name,
                low=limit.least if limit else 0,
                high=limit.most if limit else 0,
            )
    PayTerms.objects.get_or_create(organization=organization)
    terms = PayTerms.objects.select_for_update().get(pk=organization.pk)
    changed = {name: [getattr(terms, name), value] for name, value in values.items() if getattr(terms, name) != value}
    if changed:
        PayTerms.objects.filter(pk=organization.pk).update(**values)
        trail.record(trail.Kind.PAY_CHANGED, organization=organization, actor=by, subject="pay terms", detail=changed)
        terms.refresh_from_db()
    return terms
