"""What a manager says of data on its way in, as forms: from where, and into which batch."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import Batch, Connector, Import, Project, limits
from projects.workflow import batches


class FilesInput(forms.ClearableFileInput):
    """Takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several, as a list."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given or [None]]


class IntoBatchForm(forms.Form):
    """The batch that data goes into, and whether it is looked at first."""

    batch = forms.ModelChoiceField(
        Batch.objects.none(), label=_("Batch"), required=False, empty_label=_("A new batch"), to_field_name="public_id"
    )
    batch_name = forms.CharField(
        label=_("Name of the new batch"),
        required=False,
        max_length=limits.NAME,
        help_text=_("Such as a date or a source."),
    )
    offered = forms.CharField(required=False, widget=forms.HiddenInput)  # the name that the page thought of
    live = forms.BooleanField(label=_("Hand tasks out as soon as they are loaded"), required=False, initial=True)
    look = forms.BooleanField(label=_("Show me what is in it before anything is loaded"), required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        open_ones = project.batches.filter(state__in=["draft", "live", "paused"]).order_by("-pk")
        self.fields["batch"].queryset = open_ones  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("batch") and not data.get("batch_name", "").strip():
            self.add_error("batch_name", _("Name the new batch, or choose one that is there."))
        return data

    @property
    def name(self) -> str:
        """The new batch's name. One that the page thought of gives way to a batch that has it by now."""
        said = self.cleaned_data["batch_name"]
        return batches.unused_name(self.project, said) if said == self.cleaned_data["offered"] else said

    @property
    def stop(self) -> str:
        """When loading waits for a choice."""
        return Import.Stop.ALWAYS if self.cleaned_data["look"] else Import.Stop.NEEDED


class LoadForm(IntoBatchForm):
    """Files, and the batch they go into."""

    file = FilesField(label=_("File"), allow_empty_file=True)
    field_order = ["file"]


class LoadFromForm(IntoBatchForm):
    """A kept place, and the batch its data goes into."""

    connector = forms.ModelChoiceField(
        Connector.objects.none(), label=_("Place"), to_field_name="public_id", empty_label=None
    )
    pictures = forms.ChoiceField(
        label=_("Pictures"),
        choices=[(key, _(words)) for key, words in Import.Media.choices],
        initial=Import.Media.COPIED,
        help_text=_("Left where they are, each is fetched from there whenever somebody looks at it."),
    )
    field_order = ["connector"]

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, project=project, auto_id="from_%s", **kwargs)
        kept = project.organization.connectors.filter(ended_at=None).order_by("name")
        self.fields["connector"].queryset = kept  # type: ignore[attr-defined]
