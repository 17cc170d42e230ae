"""What is erased from training, as a form."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from assist.learning import erased_selection
from assist.learning.erased_selection import Selected
from assist.models import Erasure
from projects.models import Project, limits

ID = re.compile(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b", re.IGNORECASE)
WORD = 60  # characters of what was typed, in an error


class EraseForm(forms.Form):
    """Which tasks teach no model any more, and why: named, or all that have something in common."""

    of = forms.ChoiceField(
        label=_("What is erased"),
        required=False,
        choices=(
            (Erasure.Of.TASKS, _("Tasks, by their addresses or the ids in them, one a line")),
            (Erasure.Of.PERSON, _("All that somebody answered: an address")),
            (Erasure.Of.METADATA, _("All that came with a value: “customer: Acme”")),
            (Erasure.Of.IMAGE, _("All that shows an image: the sha256 of its file")),
        ),
    )
    tasks = forms.CharField(label=_("Which"), widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}))
    reason = forms.CharField(label=_("Why"), max_length=limits.REASON)

    def selected(self, project: Project) -> Selected:
        """The tasks. Call when valid. Raises Refused."""
        of, told = self.cleaned_data["of"], self.cleaned_data["tasks"]
        if of == Erasure.Of.PERSON:
            return erased_selection.of_person(project, told)
        if of == Erasure.Of.METADATA:
            return erased_selection.with_metadata(project, *map(str.strip, told.partition(":")[::2]))
        if of == Erasure.Of.IMAGE:
            return erased_selection.showing(project, told)
        return erased_selection.named(self.cleaned_data["ids"])

    def clean(self) -> dict[str, Any]:
        """With the ids of tasks that are named."""
        told = super().clean() or {}
        if told.get("of") in ("", Erasure.Of.TASKS) and "tasks" in told:
            named = told["tasks"].replace(",", " ").split()
            ids = {one: ID.findall(one) for one in named}
            told["ids"] = [UUID(found[-1]) for found in ids.values() if found]
            if wrong := next((one for one, found in ids.items() if not found), None):
                self.add_error(
                    "tasks", _("“%(word)s” is no id of a task, nor a task’s address.") % {"word": wrong[:WORD]}
                )
        return told
