"""A job is done: an import, a delivery, something done to many tasks. Whoever began it reads it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects.models import BulkAction, Delivery, Import, Project
from taskers.models import Event
from taskers.notifications.told import Kind, Told

IMPORT, DELIVERY, BULK = "import", "delivery", "bulk"
ENDED = {"import_done", "import_failed", "delivery_done", "delivery_failed", "bulk_action_ended"}


def hear(events: Sequence[Event]) -> Iterable[Told]:
    begun = [one for one in events if one.actor_id is not None]
    projects = Project.objects.in_bulk([one.project_key for one in begun], field_name="public_id")
    imports = Import.objects.in_bulk([one.data["file_import"] for one in begun if "file_import" in one.data])
    deliveries = Delivery.objects.in_bulk([one.data["delivery"] for one in begun if "delivery" in one.data])
    for one in begun:
        project = projects.get(one.project_key) if one.project_key else None
        if project is None or one.actor_id is None:
            continue
        what, _colon, key = one.subject.partition(":")
        values: dict[str, Any] = {"what": what, "project": project.name, "failed": one.kind.endswith("_failed")}
        if what == IMPORT and (found := imports.get(one.data["file_import"])):
            values |= {"name": found.name[:120], "loaded": found.loaded}
            address = reverse("import", args=[key])
        elif what == DELIVERY and (made := deliveries.get(one.data["delivery"])):
            values |= {"number": made.number}
            address = reverse("project-delivery", args=[project.public_id, made.number])
        elif what == BULK:
            values |= {"verb": one.data["verb"], "tasks": one.data["tasks"]}
            address = reverse("bulk-action", args=[project.public_id, key])
        else:
            continue
        yield Told(one.actor_id, one.organization_id, f"{one.kind}:{key}", address, values)


def words(values: Mapping[str, Any]) -> str:
    said = dict(values)
    if values["what"] == BULK:
        said["verb"] = _(BulkAction.Verb(values["verb"]).label)
        ended = ngettext(
            "“%(verb)s” has ended for %(tasks)s task of %(project)s.",
            "“%(verb)s” has ended for %(tasks)s tasks of %(project)s.",
            values["tasks"],
        )
        return ended % said
    if values["what"] == DELIVERY:
        failed = _("Delivery %(number)s of %(project)s failed.") % said
        return failed if values["failed"] else _("Delivery %(number)s of %(project)s is ready.") % said
    if values["failed"]:
        return _("The import of %(name)s into %(project)s failed.") % said
    loaded = ngettext(
        "%(name)s is loaded into %(project)s: %(loaded)s task.",
        "%(name)s is loaded into %(project)s: %(loaded)s tasks.",
        values["loaded"],
    )
    return loaded % said


KIND = Kind(
    "job_done",
    gettext_lazy("Imports, deliveries and bulk actions that ended"),
    frozenset(ENDED),
    hear,
    words,
    office=True,
)
