"""The checklist of a draft: what is ready to be published, and where to change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.configuration import configure
from projects.errors import Refused
from projects.models import AssignmentRules, Batch, PooledGold, Project, ProjectSettings, SpendingLimit
from projects.reports import planned_cost
from projects.web.shared.pay_said import unit_pay
from projects.workforce import qualified_people, rules
from taskers.money.ledger import about

OPEN_BATCHES = (Batch.State.DRAFT, Batch.State.LIVE, Batch.State.PAUSED)


class Mark(StrEnum):
    """How ready an item is. Only what is required keeps a project from being published."""

    DONE = "done"
    REQUIRED = "required"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True)
class Item:
    """One line: what it is about, what is the case, and the page where it is changed."""

    key: str
    title: str
    text: str
    mark: Mark
    address: str
    link: str


@dataclass(frozen=True)
class Checklist:
    """All lines, in the order in which a project is set up."""

    items: Sequence[Item]

    @property
    def required(self) -> list[str]:
        """The titles of what keeps it from being published."""
        return [item.title for item in self.items if item.mark == Mark.REQUIRED]

    @property
    def missing(self) -> list[str]:
        """The titles of what it may be published without."""
        return [item.title for item in self.items if item.mark == Mark.MISSING]


@dataclass(frozen=True)
class Loaded:
    """Of the batches that aren't over: how many have tasks, and how many have none; how many tasks there are, how many
    of these are in live batches, and how many were decided by what was imported."""

    batches: int
    empty_batches: int
    tasks: int
    live_tasks: int
    decided: int


def of(project: Project, settings: ProjectSettings) -> Checklist:
    """A draft's checklist under these settings, in a fixed number of queries."""
    data, workforce = _loaded(project), rules.in_force(project)
    by_list = workforce.mode != AssignmentRules.Mode.POOL
    gold_share = 0.0 if by_list or settings.file_order else workforce.gold_share
    return Checklist(
        [
            _labels(project, settings),
            _instructions(project, settings),
            _data(project, data),
            _gold(project, gold_share, by_list=by_list, file_order=settings.file_order),
            _cost(project, settings, data.tasks - data.decided, gold_share),
            _people(project),
        ]
    )


def _loaded(project: Project) -> Loaded:
    live, has_tasks = Q(state=Batch.State.LIVE), Q(progress__tasks__gt=0)
    return Loaded(
        **project.batches.filter(state__in=OPEN_BATCHES).aggregate(
            batches=Count("pk", filter=has_tasks),
            empty_batches=Count("pk", filter=~has_tasks),
            tasks=Sum("progress__tasks", default=0),
            live_tasks=Sum("progress__tasks", default=0, filter=live),
            decided=Sum("progress__decided", default=0),
        )
    )


def _labels(project: Project, settings: ProjectSettings) -> Item:
    labels, fields = project.labels.in_use().count(), len(settings.fields)
    text = ngettext("%(n)s label", "%(n)s labels", labels) % {"n": intcomma(labels)}
    if fields:
        text = ngettext("%(n)s field", "%(n)s fields", fields) % {"n": intcomma(fields)} + f", {text}"
    mark = Mark.DONE
    try:
        configure.check_answerable(project, settings)
    except Refused as problem:
        text, mark = problem.text, Mark.REQUIRED
    address = reverse("project-settings", args=[project.public_id])
    return Item("labels", _("Labels"), text, mark, f"{address}#labels", _("Change labels"))


def _instructions(project: Project, settings: ProjectSettings) -> Item:
    words = len(settings.instructions.split())
    text, mark = _("No instructions yet"), Mark.MISSING
    if words:
        text, mark = ngettext("%(n)s word", "%(n)s words", words) % {"n": intcomma(words)}, Mark.DONE
    address = reverse("project-settings", args=[project.public_id])
    return Item("instructions", _("Instructions"), text, mark, f"{address}#id_instructions", _("Write instructions"))


def _data(project: Project, data: Loaded) -> Item:
    load, overview = reverse("load", args=[project.public_id]), reverse("project", args=[project.public_id])
    if not data.tasks:
        return Item("data", _("Data"), _("No tasks yet"), Mark.MISSING, load, _("Load data"))
    text = ngettext("%(n)s task", "%(n)s tasks", data.tasks) % {"n": intcomma(data.tasks)}
    text = ngettext("%(tasks)s in %(n)s batch", "%(tasks)s in %(n)s batches", data.batches) % {
        "tasks": text,
        "n": intcomma(data.batches),
    }
    if not data.live_tasks:  # published, it would hand out nothing
        text += _(", but no batch is live")
    elif data.live_tasks < data.tasks:
        text += _(", %(n)s of them in live batches") % {"n": intcomma(data.live_tasks)}
    if data.empty_batches:  # the table below lists them too
        more = ngettext("; %(n)s batch is empty", "; %(n)s batches are empty", data.empty_batches)
        text += more % {"n": intcomma(data.empty_batches)}
    if not data.live_tasks:
        return Item("data", _("Data"), text, Mark.MISSING, f"{overview}#progress", _("Start a batch"))
    return Item("data", _("Data"), text, Mark.DONE, load, _("Load data"))


def _gold(project: Project, share: float, *, by_list: bool, file_order: bool) -> Item:
    gold = PooledGold.objects.filter(project=project, pool=PooledGold.Pool.CONTROL, retired_at=None).count()
    percent = number_format(round(100 * share, 1), 1 if (100 * share) % 1 else 0)
    words = {"n": intcomma(gold), "share": f"{percent}\N{NO-BREAK SPACE}%"}
    address, link, mark = reverse("project-gold", args=[project.public_id]), _("Add gold"), Mark.OPTIONAL
    if by_list:
        text = _("None is mixed in where people work by list")
        address, link = reverse("project-rules", args=[project.public_id]), _("Set who may work")
    elif file_order:
        text = _("None is mixed in where tasks come in the file’s order")
        address, link = reverse("project-settings", args=[project.public_id]), _("Change the order")
    elif gold and share:
        text = ngettext("%(n)s item, %(share)s of the work", "%(n)s items, %(share)s of the work", gold)
        mark = Mark.DONE
    elif gold:
        text = ngettext("%(n)s item, but its share is %(share)s", "%(n)s items, but their share is %(share)s", gold)
        address, link = reverse("project-rules", args=[project.public_id]), _("Set the share")
    elif share:
        text, mark = _("Its share is %(share)s of the work, but there are no items"), Mark.MISSING
    else:
        text = _("No gold: answers are compared with each other only")
    return Item("gold", _("Gold"), text % words, mark, address, link)


def _cost(project: Project, settings: ProjectSettings, tasks: int, gold_share: float) -> Item:
    cost, currency = planned_cost.of(settings, tasks, gold_share), project.organization.currency
    limit = SpendingLimit.objects.filter(project=project).values_list("amount", flat=True).first()
    by_unit = unit_pay(project, settings)
    words = {"total": about(cost.total, currency), "each": about(cost.per_task, currency), "unit": by_unit}
    words |= {"tasks": intcomma(tasks), "limit": about(limit or 0, currency)}
    if not cost.per_task and not by_unit:
        text = _("Nothing is paid")
    elif not cost.per_task:
        text = "%(unit)s"
    elif tasks:
        text = ngettext(
            "At most about %(total)s for %(tasks)s task", "At most about %(total)s for %(tasks)s tasks", tasks
        )
    else:
        text = _("At most about %(each)s per task")
    if by_unit and cost.per_task:
        text += _(", plus %(unit)s")
    if limit:
        text += _("; spending stops at %(limit)s")
    page = "project-spending" if cost.per_task or by_unit else "project-settings"
    link = _("Set a limit") if cost.per_task or by_unit else _("Set the pay")
    mark = Mark.DONE if cost.per_task or by_unit else Mark.OPTIONAL
    return Item("cost", _("Total cost"), text % words, mark, reverse(page, args=[project.public_id]), link)


def _people(project: Project) -> Item:
    seen = qualified_people.look_over(project)
    number, able = seen.number, len(seen.able)
    words = {"able": intcomma(able), "n": intcomma(number)}
    if not number:
        text = _("Nobody is a tasker here yet")
    elif able == number:
        text = ngettext("The only tasker qualifies", "All %(n)s taskers qualify", number)
    else:
        text = ngettext("%(able)s of %(n)s tasker qualifies", "%(able)s of %(n)s taskers qualify", number)
    mark = Mark.DONE if able else Mark.MISSING
    address = reverse("project-rules", args=[project.public_id])
    return Item("people", _("Who qualifies"), text % words, mark, address, _("Set who may work"))
