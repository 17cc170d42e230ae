"""What keeps a project from getting done, each with what can be done about it. Stalls are found by stalls.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Project, Stall
from projects.reports.dashboard import Ahead, Period, together
from projects.reports.stands import Stands
from projects.workforce.qualified_people import WORDS

SILENT = timedelta(hours=24)
FEW_REVIEWS = 20  # that wait without being a sign of too few reviewers
UNLIKELY = 0.5


@dataclass(frozen=True)
class Hindrance:
    """One thing: what is the matter, what to do about it, where (an address and the words of its link), and how much it
    matters (0: most)."""

    said: str
    remedy: str
    address: str
    link: str
    weight: int


# What parts above this one know of some projects, by their keys: one statement each, however many projects.
FINDERS: list[Callable[[Sequence[int]], Mapping[int, Sequence[Hindrance]]]] = []


def further(projects: Sequence[int]) -> dict[int, list[Hindrance]]:
    """What parts above this one have to say of these projects, by their keys."""
    by_project: dict[int, list[Hindrance]] = {key: [] for key in projects}
    for find in FINDERS:
        for key, rows in find(projects).items():
            by_project[key] += rows
    return by_project


def hindrances(
    project: Project,
    stands: Stands,
    days: Sequence[Period],
    ahead: Ahead | None,
    more: Sequence[Hindrance] = (),
) -> list[Hindrance]:
    """All there is to say, what matters most first, with what `further` says of it; nothing where everything goes its
    way."""
    found = [
        _spent(project, stands),
        _draft_project(project),
        _paused_project(project, stands),
        _silence(project, stands),
        _late(project, ahead),
        _reviews(stands, together(days[-7:]).by_reviewers),
        _paused(project, stands),
        _drafts(project, stands),
        *more,
    ]
    return sorted((one for one in found if one), key=lambda one: one.weight)


def _spent(project: Project, stands: Stands) -> Hindrance | None:
    if not stands.at_limit:
        return None
    said = _("The project has spent what it may: nothing more is handed out.")
    remedy = _("Allow it more, or leave it: what was handed in is decided and paid all the same.")
    return Hindrance(said, remedy, reverse("project-spending", args=[project.public_id]), _("Spending"), 0)


def _draft_project(project: Project) -> Hindrance | None:
    if project.state != Project.State.DRAFT:
        return None
    said, remedy = _("The project is a draft: nothing is handed out."), _("Publish it once it is ready.")
    return Hindrance(said, remedy, reverse("project", args=[project.public_id]), _("Checklist"), 3)


def _paused_project(project: Project, stands: Stands) -> Hindrance | None:
    if project.state != Project.State.PAUSED or not stands.open:
        return None
    said = ngettext(
        "The project is paused; %(n)s judgement waits.", "The project is paused; %(n)s judgements wait.", stands.open
    )
    address = reverse("project-settings", args=[project.public_id])
    return Hindrance(said % {"n": intcomma(stands.open)}, _("Resume it to go on."), address, _("Settings"), 3)


def _silence(project: Project, stands: Stands) -> Hindrance | None:
    left = stands.live_wanted - stands.live_submitted
    silent = stands.last is None or stands.last < timezone.now() - SILENT
    if project.state != Project.State.LIVE or left <= 0 or stands.held or not silent:
        return None
    if stands.last is None:
        said = ngettext(
            "Nobody has begun: %(n)s judgement is open.", "Nobody has begun: %(n)s judgements are open.", left
        ) % {"n": intcomma(left)}
    else:
        said = ngettext(
            "Nobody has handed in anything since %(when)s; %(n)s judgement is open.",
            "Nobody has handed in anything since %(when)s; %(n)s judgements are open.",
            left,
        ) % {"n": intcomma(left), "when": _day(stands.last)}
    address = reverse("project-rules", args=[project.public_id])
    return Hindrance(said, _("See who may work here, and invite more."), address, _("Workforce"), 1)


def _late(project: Project, ahead: Ahead | None) -> Hindrance | None:
    if ahead is None or ahead.deadline is None or ahead.chance is None or ahead.chance >= UNLIKELY:
        return None
    said = _("It will hardly be done by %(deadline)s: the chance is %(chance)s.") % {
        "deadline": _day(ahead.deadline),
        "chance": f"{ahead.chance:.0%}".replace("%", "\N{NO-BREAK SPACE}%"),
    }
    remedy = _("Invite more people, raise its priority, or ask for fewer judgements per task.")
    return Hindrance(said, remedy, reverse("project-rules", args=[project.public_id]), _("Workforce"), 0)


def _reviews(stands: Stands, lately: int) -> Hindrance | None:
    waiting = stands.in_review
    if not waiting:
        return None
    if waiting <= max(FEW_REVIEWS, lately):  # reviewers keep up: told, but after all else
        said = ngettext("%(n)s task waits for a reviewer.", "%(n)s tasks wait for a reviewer.", waiting)
        return Hindrance(said % {"n": intcomma(waiting)}, _("Review."), reverse("review-list"), _("Review"), 6)
    said = ngettext(
        "%(n)s task waits for a reviewer, and %(done)s were decided by one in seven days.",
        "%(n)s tasks wait for a reviewer, and %(done)s were decided by one in seven days.",
        waiting,
    ) % {"n": intcomma(waiting), "done": intcomma(lately)}
    return Hindrance(said, _("Review, or let more people review."), reverse("review-list"), _("Review"), 2)


def _paused(project: Project, stands: Stands) -> Hindrance | None:
    if stands.paused <= 0:
        return None
    said = ngettext(
        "%(n)s judgement waits in paused batches.", "%(n)s judgements wait in paused batches.", stands.paused
    ) % {"n": intcomma(stands.paused)}
    return Hindrance(said, _("Resume or close them."), reverse("project", args=[project.public_id]), _("Batches"), 4)


def _drafts(project: Project, stands: Stands) -> Hindrance | None:
    if stands.drafts <= 0:
        return None
    said = ngettext(
        "%(n)s task lies in batches that weren't started.",
        "%(n)s tasks lie in batches that weren't started.",
        stands.drafts,
    ) % {"n": intcomma(stands.drafts)}
    return Hindrance(
        said, _("Start them once they are ready."), reverse("project", args=[project.public_id]), _("Batches"), 5
    )


def _day(when: datetime) -> str:
    return date_format(timezone.localtime(when), "j M Y")


def stall_of(project: Project, found: Stall | None) -> Stall | None:
    """What waits for nobody, with the reasons why people are kept out in words; None where nothing is handed out."""
    if found is None or not (found.tasks or found.unlisted) or project.state != Project.State.LIVE:
        return None
    found.reasons = [(WORDS.get(code, code), number) for code, number in found.kept.items()]  # type: ignore[attr-defined]
    return found


def stalled(project: Project, found: Stall | None) -> list[Hindrance]:
    """The same as hindrances, which matter before all others."""
    stall = stall_of(project, found)
    return [one for one in (_waiting(project, stall), _unlisted(project, stall)) if one] if stall else []


def _waiting(project: Project, stall: Stall) -> Hindrance | None:
    if not stall.tasks:
        return None
    if stall.whole:
        said = ngettext(
            "%(n)s task waits for an answer that nobody may give.",
            "%(n)s tasks wait for answers that nobody may give.",
            stall.tasks,
        ) % {"n": intcomma(stall.tasks)}
    else:
        said = _("At least %(shown)s tasks wait for answers that nobody may give.") % {"shown": intcomma(stall.tasks)}
    if stall.reasons:  # type: ignore[attr-defined]
        kept = ", ".join(f"{words} ({number})" for words, number in stall.reasons)  # type: ignore[attr-defined]
        said = f"{said} {_('Excluded are:')} {kept}."
    return Hindrance(said, _("Invite people, or let others in."), dashboard_of(project), _("Dashboard"), -1)


def _unlisted(project: Project, stall: Stall) -> Hindrance | None:
    if not stall.unlisted:
        return None
    said = ngettext(
        "%(shown)s open task is on nobody’s work list.",
        "%(shown)s open tasks are on nobody’s work list.",
        stall.unlisted,
    ) % {"shown": intcomma(stall.unlisted)}
    address = reverse("tasks", args=[project.public_id], query={"state": "open", "list": "nobody"})
    return Hindrance(said, _("Put them on somebody’s, or let people choose."), address, _("See them"), -1)


def dashboard_of(project: Project) -> str:
    """Where all of it is told."""
    return reverse("project-dashboard", args=[project.public_id])
