"""Somebody asks for a payout, for what pays people by itself, or for a large bonus: finance reads that it waits for a
second person."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects.models import Project, ProposedDeadline
from taskers.models import Bonus, BonusRule, Event, Payout, PayoutReturn, Person
from taskers.models.people import Role
from taskers.money import ledger
from taskers.notifications.told import Kind, Told, who

RULE, BONUS, UNREVIEWED = "bonus_rule_proposed", "bonus_proposed", "review_deadline_proposed"
RUN, CALLED_OFF, RETURNED = "payout_proposed", "payout_cancel_asked", "payout_return_asked"


def hear(events: Sequence[Event]) -> Iterable[Told]:
    projects = Project.objects.in_bulk({one.project_key for one in events if one.project_key}, field_name="public_id")
    names = dict(Person.objects.filter(pk__in=[one.actor_id for one in events]).values_list("pk", "name"))
    for one in events:
        project = projects.get(one.project_key) if one.project_key else None
        values = _waiting(one)
        if values is None:
            continue
        values |= {"what": one.kind, "by": names.get(one.actor_id or 0, ""), "project": project.name if project else ""}
        for person in who(one.organization_id, None, Role.FINANCE):
            if person != one.actor_id:
                yield Told(person, one.organization_id, _thing(one), _address(one), values)


def _thing(event: Event) -> str:
    """What is told once: of what came back once a day for a payout, however many lines the processor's file has, and
    again where what was told is answered."""
    if event.kind != RETURNED:
        return f"{event.subject}:{event.pk}"
    of_run = PayoutReturn.objects.filter(item__payout__public_id=event.subject.partition(":")[2])
    answered = of_run.exclude(state=PayoutReturn.State.ASKED).count()
    return f"{event.subject}:{event.at.date().isoformat()}:{answered}"


def _address(event: Event) -> str:
    """Where it is answered."""
    match event.kind:
        case "payout_proposed" | "payout_cancel_asked" | "payout_return_asked":
            return reverse("money-payout", args=[event.subject.partition(":")[2]])
        case "review_deadline_proposed":
            return reverse("money-unreviewed")
        case _:
            return reverse("money-bonuses")


def _waiting(event: Event) -> dict[str, Any] | None:
    """What is asked; None where it waits no more."""
    found: Mapping[str, Any] | None
    key = event.subject.partition(":")[2]
    match event.kind:
        case "bonus_rule_proposed":
            rules = BonusRule.objects.filter(public_id=key, state=BonusRule.State.PROPOSED)
            found = rules.values("currency", money=F("most")).first()
        case "bonus_proposed":
            bonuses = Bonus.objects.filter(public_id=key, state=Bonus.State.PROPOSED)
            found = bonuses.values("currency", money=F("amount")).first()
        case "payout_proposed" | "payout_cancel_asked":
            asks = Q(state=Payout.State.PROPOSED)
            if event.kind == CALLED_OFF:
                asks = Q(state=Payout.State.APPROVED, cancel_asked_by__isnull=False)
            runs = Payout.objects.filter(asks, public_id=key)
            found = runs.values("currency", money=Sum("items__cents") * ledger.PER_CENT).first()
        case "payout_return_asked":
            asked_by = {"item__payout__public_id": key, "asked_by": event.actor_id}
            back = PayoutReturn.objects.filter(**asked_by, state=PayoutReturn.State.ASKED).order_by()
            together = {"money": Sum("item__cents") * ledger.PER_CENT, "payments": Count("pk")}
            found = next(iter(back.values(currency=F("item__payout__currency")).annotate(**together)), None)
        case _:
            asked = ProposedDeadline.objects.filter(project__public_id=key, days=event.data["days"])
            found = asked.values("days").first()
    return dict(found) if found else None


def words(values: Mapping[str, Any]) -> str:
    said = dict(values)
    if said["what"] == UNREVIEWED:
        text = ngettext(
            "%(by)s asks you to let %(project)s pay unreviewed answers after %(days)s day.",
            "%(by)s asks you to let %(project)s pay unreviewed answers after %(days)s days.",
            said["days"],
        )
        return text % said
    said["amount"] = ledger.money(said["money"], said["currency"])
    if said["what"] == RULE:
        return _("%(by)s asks you for a rule that gives bonuses in %(project)s, up to %(amount)s.") % said
    if said["what"] == RUN:
        return _("%(by)s asks you to approve a payout of %(amount)s.") % said
    if said["what"] == CALLED_OFF:
        return _("%(by)s asks you to call off a payout of %(amount)s.") % said
    if said["what"] == RETURNED:
        text = ngettext(
            "%(by)s says that %(payments)s payment came back, %(amount)s, and asks you to confirm it.",
            "%(by)s says that %(payments)s payments came back, %(amount)s in all, and asks you to confirm it.",
            said["payments"],
        )
        return text % said
    return _("%(by)s asks you for a bonus of %(amount)s.") % said


KIND = Kind(
    "money_waits",
    gettext_lazy("Pay that waits for a second person"),
    frozenset({RULE, BONUS, UNREVIEWED, RUN, CALLED_OFF, RETURNED}),
    hear,
    words,
    office=True,
)
