"""Where somebody's money goes, and what tax forms ask about them: sealed in the secret box, shown only with a record.

The only writer of PayeeDetails.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models.functions import Now

from taskers.audit import trail
from taskers.credentials import secret_box
from taskers.errors import Problem
from taskers.models import Organization, PayeeDetails, Person, limits

PURPOSE = "payee details"
# What a payee tells, in the order of the forms and tables.
FIELDS = ("legal_name", "country", "tax_number", "account", "bank")
MUST = ("legal_name", "country", "account")


class BadDetails(Problem):
    """This can't be taken as it is."""

    code = "bad-payee-details"
    status = 422


@transaction.atomic
def tell(organization: Organization, person: Person, told: Mapping[str, str]) -> PayeeDetails:
    """Somebody says where their own money goes; what was said before is written over. Raises BadDetails."""
    said = {name: str(told.get(name, "")).strip() for name in FIELDS}
    for name in FIELDS:
        if name in MUST and not said[name]:
            raise BadDetails("This is needed to pay you.", place=name)
        if len(said[name]) > limits.PAYEE or "\x00" in said[name]:
            raise BadDetails("Say it in at most %(most)s characters.", place=name, most=limits.PAYEE)
    sealed = secret_box.seal(json.dumps(said), PURPOSE)
    row, made = PayeeDetails.objects.get_or_create(
        organization=organization, person=person, defaults={"sealed": sealed}
    )
    if not made:
        PayeeDetails.objects.filter(pk=row.pk).update(sealed=sealed, changed_at=Now())
        row.refresh_from_db()
    trail.record(trail.Kind.PAYEE_CHANGED, organization=organization, actor=person, person=person)
    return row


def own(organization: Organization, person: Person) -> dict[str, str]:
    """What somebody told about themselves, with all but the ends of their numbers hidden; empty where they didn't."""
    found = _opened(PayeeDetails.objects.filter(organization=organization, person=person)).get(person.pk)
    return {name: _hidden(text) if name in {"account", "tax_number"} else text for name, text in (found or {}).items()}


@transaction.atomic
def view(organization: Organization, person: Person, by: Person) -> dict[str, str]:
    """The same in full, for finance; that they looked is written down first. Empty where nothing was told."""
    trail.record(trail.Kind.PAYEE_VIEWED, organization=organization, actor=by, person=person)
    return _opened(PayeeDetails.objects.filter(organization=organization, person=person)).get(person.pk, {})


@transaction.atomic
def view_all(organization: Organization, people: Iterable[Person], by: Person, *, why: str) -> dict[int, dict]:
    """Person key -> their details, of all these who told any, for a table; one record for each of them."""
    rows = list(
        PayeeDetails.objects.filter(organization=organization, person__in=list(people)).select_related("person")
    )
    for row in rows:
        trail.record(trail.Kind.PAYEE_VIEWED, organization=organization, actor=by, person=row.person, subject=why)
    return _opened(rows)


def known(organization: Organization, people: Iterable[int]) -> set[int]:
    """Who of these has told where their money goes."""
    rows = PayeeDetails.objects.filter(organization=organization, person__in=list(people))
    return set(rows.values_list("person", flat=True))


def _opened(rows: Iterable[PayeeDetails]) -> dict[int, dict[str, str]]:
    return {row.person_id: json.loads(secret_box.unseal(row.sealed, PURPOSE)) for row in rows}


def _hidden(text: str) -> str:
    return f"…{text[-4:]}" if len(text) > 6 else "…" * bool(text)


def _used() -> Counter[str]:
    return Counter(secret_box.key_of(text) for text in PayeeDetails.objects.values_list("sealed", flat=True))


def _reseal() -> int:
    first, done = secret_box.keys()[0].name, 0
    for row in PayeeDetails.objects.exclude(sealed__startswith=f"{secret_box.MARK}:{first}:"):
        sealed = secret_box.seal(secret_box.unseal(row.sealed, PURPOSE), PURPOSE)
        done += PayeeDetails.objects.filter(pk=row.pk, sealed=row.sealed).update(sealed=sealed)
    return done


PLACE = secret_box.Place("payee details", _used, _reseal)
