"""What is erased from training, as a form."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from assist.learning import erased_selection
from assist.learning.erased_selection import Selected
from assist.models import Erasure
from projects.models import Project, limits


class EraseForm(forms.Form):
    """Which tasks teach no model any more, and why: named, or all that have something in common."""

    of = forms.ChoiceField(
        label=_("What is erased"),
        required=False,
        choices=(
            (Erasure.Of.TASKS, _("Tasks, by their ids, one a line: they stand in a task's address")),
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
            try:
                told["ids"] = [UUID(one) for one in told["tasks"].replace(",", " ").split()]
            except ValueError:
                self.add_error("tasks", _("One of these is no id of a task."))
        return told
