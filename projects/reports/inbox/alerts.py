"""An alert was raised: the project's managers read what is the matter, and what can be done about it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects import access
from projects.models import AlertRule, Project
from projects.reports.alerts import RAISED
from taskers.models import Event
from taskers.notifications.told import Kind, Told, who

Watches = AlertRule.Watches
# Where the remedy lies.
PLACES = {
    Watches.ACCURACY: "project-quality",
    Watches.PACE: "project-rules",
    Watches.PER_DAY: "project-rules",
    Watches.SPEND: "project-dashboard",
    Watches.STALLED: "project",
}


def hear(events: Sequence[Event]) -> Iterable[Told]:
    projects = Project.objects.in_bulk([one.project_key for one in events], field_name="public_id")
    for one in events:
        project = projects.get(one.project_key) if one.project_key else None
        if project is None:
            continue
        values = {"project": project.name, "watches": one.data["watches"], "bound": one.data["bound"]}
        address = reverse(PLACES[Watches(one.data["watches"])], args=[project.public_id])
        for person in who(project.organization_id, project.public_id, *access.MANAGE):
            yield Told(person, project.organization_id, f"{one.subject}:{one.pk}", address, values | one.data["said"])


def words(values: Mapping[str, Any]) -> str:
    said = dict(values)
    match values["watches"]:
        case Watches.ACCURACY:
            said |= {name: _percent(values[name]) for name in ("value", "low", "high", "bound")}
            return (
                _(
                    "%(project)s: accuracy on gold is %(value)s in seven days (%(low)s to %(high)s), below %(bound)s."
                    " See who fails it, and whether the instructions say enough."
                )
                % said
            )
        case Watches.PACE:
            deadline = timezone.localtime(datetime.fromisoformat(values["deadline"]))
            said |= {"chance": _percent(values["chance"]), "deadline": date_format(deadline, "j M Y")}
            return (
                _(
                    "%(project)s will hardly be done by %(deadline)s: the chance is %(chance)s. Invite more people,"
                    " raise its priority, or ask for fewer judgements per task."
                )
                % said
            )
        case Watches.PER_DAY:
            return _slow(said)
        case Watches.SPEND:
            said |= {"spent": f"{values['spent']:,.2f}", "bound": f"{values['bound']:,.2f}"}
            return (
                _("%(project)s has cost %(spent)s %(currency)s, more than %(bound)s. Pause it, or raise the bound.")
                % said
            )
        case _:
            stalls = ngettext(
                "%(project)s stalls: %(tasks)s task waits for an answer that nobody may give. Invite people, lower"
                " a rule, or decide it by what came in.",
                "%(project)s stalls: %(tasks)s tasks wait for answers that nobody may give. Invite people, lower"
                " a rule, or decide them by what came in.",
                values["tasks"],
            )
            return stalls % said


def _slow(said: Mapping[str, Any]) -> str:
    text = _(
        "%(project)s: %(each)s judgements a day over the last %(days)s days, fewer than %(bound)s. Invite more people,"
        " or raise its priority."
    )
    return text % {**said, "each": number_format(said["each"], 1), "bound": f"{said['bound']:.15g}"}


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


KIND = Kind("alert", gettext_lazy("Alerts of projects"), frozenset({RAISED}), hear, words, office=True)
