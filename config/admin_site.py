"""The admin's site: what its lists are, in groups, and who is offered them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from taskers.web.admin_access import sees_books, sees_disputes, sees_money, sees_people, sees_review


class List(NamedTuple):
    """One list on the way: what it is called, the name of its address, and whom it is offered to."""

    title: str | Promise
    name: str
    offered: Callable[[HttpRequest], bool]


GROUPS: dict[str | Promise, tuple[List, ...]] = {
    _("Review"): (
        List(_("Waiting for review"), "review-list", sees_review),
        List(_("Tasks"), "admin:projects_task_changelist", sees_review),
        List(_("Verdicts"), "admin:projects_verdict_changelist", sees_review),
        List(_("Disputes"), "disputes", sees_disputes),
    ),
    _("Money"): (
        List(_("Owed"), "money", sees_books),
        List(_("Payouts"), "money-payouts", sees_books),
        List(_("Transfers"), "admin:taskers_transfer_changelist", sees_money),
    ),
    _("Work and standing"): (
        List(_("Assignments"), "admin:projects_assignment_changelist", sees_people),
        List(_("Annotations"), "admin:projects_annotation_changelist", sees_people),
        List(_("Grades"), "admin:taskers_grade_changelist", sees_people),
        List(_("Standings"), "admin:taskers_standing_changelist", sees_people),
        List(_("Events"), "admin:taskers_event_changelist", sees_people),
    ),
}


def offered(request: HttpRequest) -> list[dict]:
    """The groups, each with the lists in it that are the asker's; one without any is left out."""
    groups = []
    for title, lists in GROUPS.items():
        found = [
            {"title": one.title, "link": (link := reverse(one.name)), "here": request.path.startswith(link)}
            for one in lists
            if one.offered(request)
        ]
        if found:
            groups.append({"title": title, "lists": found})
    return groups


class Site(admin.AdminSite):
    """Django's, which knows these groups."""

    site_header = "Tandem"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"groups": offered(request)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Of an app its lists, so that its address is there for whoever sees one; no page names those of all apps."""
        return super().get_app_list(request, app_label) if app_label else []
