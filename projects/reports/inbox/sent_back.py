"""A reviewer sent an answer back: whoever gave it reads why, and until when they may mend it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Mistake
from taskers.models import Event
from taskers.notifications.told import Kind, Told


def hear(events: Sequence[Event]) -> Iterable[Told]:
    keys = [one.data["annotation"] for one in events]
    rows = Mistake.objects.filter(annotation__in=keys, state=Mistake.State.RETURNED)
    for one in rows.select_related("annotation", "project"):
        values = {"project": one.project.name, "reason": one.reason, "note": one.note[:200]}
        values["until"] = one.until.isoformat() if one.until else ""
        address = reverse("my-work-piece", args=[one.annotation.public_id])
        yield Told(one.tasker_id, one.project.organization_id, str(one.public_id), address, values)


def words(values: Mapping[str, Any]) -> str:
    until = date_format(timezone.localtime(datetime.fromisoformat(values["until"])), "j M, H:i")
    said = {"project": values["project"], "reason": _(str(Mistake.Reason(values["reason"]).label)), "until": until}
    if values["note"]:
        said["note"] = values["note"]
        return _("Sent back to you in %(project)s, to mend until %(until)s. %(reason)s: “%(note)s”") % said
    return _("Sent back to you in %(project)s, to mend until %(until)s. %(reason)s") % said


KIND = Kind("sent_back", gettext_lazy("Work of yours that was sent back"), frozenset({"sent_back"}), hear, words)
