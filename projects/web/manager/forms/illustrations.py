"""A picture for a project's instructions, as a form."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from projects.data.media.illustrate import name_for
from projects.models import limits


class IllustrationForm(forms.Form):
    """The file, what it shows, and what the text calls it; after the file, if nothing is said."""

    file = forms.FileField(
        label=_("Picture"),
        help_text=_("PNG, JPEG, WebP, GIF, BMP or TIFF, of at most 10 MiB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif,image/bmp,image/tiff"}),
    )
    alt = forms.CharField(
        label=_("What it shows"),
        max_length=limits.ALT,
        help_text=_("Read out to whoever doesn't see it, where the text says nothing else."),
    )
    name = forms.CharField(
        label=_("Name in the text"),
        required=False,
        max_length=limits.KEY,
        help_text=_("Small letters, digits and dashes; after the file if nothing is said."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "id_picture_%s"
        for field in self.fields.values():
            field.widget.attrs["form"] = "add-picture"  # it stands among the settings, whose form is another

    def terms(self) -> dict[str, Any]:
        """As the verb takes them. Call when valid."""
        said, file = self.cleaned_data, self.cleaned_data["file"]
        return {"alt": said["alt"], "name": name_for(said["name"], file.name or "")}

    def read(self) -> bytes:
        """The file, as far as one may be long and a byte more, which tells that it is longer."""
        file: UploadedFile = self.cleaned_data["file"]
        return file.read(limits.ILLUSTRATION_BYTES + 1)
