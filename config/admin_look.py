"""How django-unfold's admin looks and what its side bar offers. Read by config/settings.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Shades of the site's accent (static/css/tokens.css) from near white to near black.
TEAL = {
    "50": "#eff8fa",
    "100": "#d9eff4",
    "200": "#b5dfe8",
    "300": "#8accdb",
    "400": "#5cc3d8",
    "500": "#2295af",
    "600": "#0b6e85",
    "700": "#095c70",
    "800": "#0b4b5b",
    "900": "#0d3e4b",
    "950": "#052831",
}

TASKS = "admin:projects_task_changelist"


def _place(title: StrOrPromise, icon: str, url: str, needs: str) -> dict:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(url),
        "permission": f"taskers.web.admin_access.{needs}",
    }


UNFOLD = {
    "SITE_TITLE": "Tandem",
    "SITE_HEADER": "Tandem",
    "SITE_SUBHEADER": _("Review and payouts"),
    "SITE_URL": "/",
    "SITE_ICON": {
        "light": lambda request: static("img/logo.svg"),
        "dark": lambda request: static("img/logo-dark.svg"),
    },
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": TEAL},
    "ACCOUNT": {"navigation": [{"title": _("Profile"), "link": reverse_lazy("profile")}]},
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Review"),
                "items": [
                    _place(_("Waiting for review"), "rule", "review-list", "sees_review"),
                    _place(_("Tasks"), "task", TASKS, "sees_review"),
                    _place(_("Verdicts"), "gavel", "admin:projects_verdict_changelist", "sees_review"),
                    _place(_("Disputes"), "forum", "disputes", "sees_disputes"),
                ],
            },
            {
                "title": _("Money"),
                "items": [
                    _place(_("Owed"), "account_balance_wallet", "money", "sees_books"),
                    _place(_("Payouts"), "payments", "money-payouts", "sees_books"),
                    _place(_("Transfers"), "swap_horiz", "admin:taskers_transfer_changelist", "sees_money"),
                ],
            },
            {
                "title": _("Work and standing"),
                "items": [
                    _place(_("Assignments"), "assignment_ind", "admin:projects_assignment_changelist", "sees_people"),
                    _place(_("Annotations"), "edit_note", "admin:projects_annotation_changelist", "sees_people"),
                    _place(_("Grades"), "grade", "admin:taskers_grade_changelist", "sees_people"),
                    _place(_("Standings"), "leaderboard", "admin:taskers_standing_changelist", "sees_people"),
                    _place(_("Events"), "history", "admin:taskers_event_changelist", "sees_people"),
                ],
            },
        ],
    },
}
