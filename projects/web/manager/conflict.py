"""What a page says when somebody else changed a project's settings while they were edited on it."""

from typing import Any

from django.forms import Form
from django.utils.translation import gettext_lazy as _

from projects.configuration import save_settings
from projects.models import Project
from projects.web.manager.forms.project import SettingsForm
from taskers.web.requests import MemberRequest

# A word for each setting that the form's own labels don't name.
BY_NAME = {
    "label_mapping": _("What the model calls it"),
    "label_minimums": _("Another least for single labels"),
    "lease_seconds": _("Time for one task, in minutes"),
    "instructions_by_language": _("Instructions in other languages"),
    "suggest": _("Suggestions appear"),
    "sharpens": _("Sharper masks of small things"),
    "confidence": _("How sure the model is"),
    "control_share": _("Without the copilot, %"),
    "planted_share": _("Gold with a planted error, %"),
    "fields": _("Fields"),
}


def conflict_of(request: MemberRequest, project: Project, seen: str, form: Form) -> dict[str, Any]:
    """For manager/_conflict.html: everything that is another now than at the mark, by the words that pages have."""
    changes = save_settings.changed_since(project, seen)
    shown = {name: field.label for one in (SettingsForm.base_fields, form.fields) for name, field in one.items()}
    named = [str((shown | BY_NAME).get(name, name)) for name in changes.settings]
    return {"changes": changes, "named": named, "mine": changes.who == request.user}
