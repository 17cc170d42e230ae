"""Offering bonuses by rule, and giving what the rules of live projects owe, no more than each project may spend."""

from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject

from projects.configuration import spending_limit
from projects.models import Project
from taskers.models import Account, BonusRule
from taskers.money import bonus_rules, ledger


def with_offers(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Projects with the rules that are on in each (`offers`), for whoever may work there: no query of its own."""
    rules = BonusRule.objects.filter(state=BonusRule.State.ON, project_key=OuterRef("public_id")).order_by("pk")
    said = {name: name for name in ("amount", "currency", "window", "least")}
    return projects.annotate(offers=ArraySubquery(rules.values(said=JSONObject(**said))))


def run_all(now: datetime | None = None) -> int:
    """Give all that is owed by now; returns how much, in millionths. Above a project's limit nothing is given: it is
    looked at again once more is allowed."""
    on = list(BonusRule.objects.filter(state=BonusRule.State.ON).select_related("organization").order_by("pk"))
    live = Project.objects.filter(state=Project.State.LIVE, public_id__in={one.project_key for one in on})
    projects = {one.public_id: one for one in live.select_related("organization")}
    spent = spending_limit.of(projects.values())
    room = {key: _left(one, spent[one.pk]) for key, one in projects.items()}
    whole = 0
    for rule in on:
        if rule.project_key not in room:
            continue
        left = room[rule.project_key]
        given = bonus_rules.run(rule, room=left, now=now)
        room[rule.project_key] = None if left is None else left - given
        whole += given
    return whole


def _left(project: Project, spent: spending_limit.Spending) -> int | None:
    """What a project may still spend, by the books themselves: the days that are added up may be behind what these
    rules gave just now."""
    if spent.limit is None:
        return None
    cost = ledger.account(project.organization, Account.Kind.LABELLING, project_key=project.public_id)
    return spent.limit - spent.promised + ledger.balance(cost)
