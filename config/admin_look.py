"""What the admin's lists are, in groups, and who is offered them. Read by config/settings.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TASKS = "admin:projects_task_changelist"


def _place(title: StrOrPromise, url: str, needs: str) -> dict:
    return {
        "title": title,
        "link": reverse_lazy(url),
        "permission": f"taskers.web.admin_access.{needs}",
    }


UNFOLD = {
    "SITE_TITLE": "Tandem",
    "SITE_HEADER": "Tandem",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Review"),
                "items": [
                    _place(_("Waiting for review"), "review-list", "sees_review"),
                    _place(_("Tasks"), TASKS, "sees_review"),
                    _place(_("Verdicts"), "admin:projects_verdict_changelist", "sees_review"),
                    _place(_("Disputes"), "disputes", "sees_disputes"),
                ],
            },
            {
                "title": _("Money"),
                "items": [
                    _place(_("Owed"), "money", "sees_books"),
                    _place(_("Payouts"), "money-payouts", "sees_books"),
                    _place(_("Transfers"), "admin:taskers_transfer_changelist", "sees_money"),
                ],
            },
            {
                "title": _("Work and standing"),
                "items": [
                    _place(_("Assignments"), "admin:projects_assignment_changelist", "sees_people"),
                    _place(_("Annotations"), "admin:projects_annotation_changelist", "sees_people"),
                    _place(_("Grades"), "admin:taskers_grade_changelist", "sees_people"),
                    _place(_("Standings"), "admin:taskers_standing_changelist", "sees_people"),
                    _place(_("Events"), "admin:taskers_event_changelist", "sees_people"),
                ],
            },
        ],
    },
}
