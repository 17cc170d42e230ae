"""What managers type about places that data is loaded from."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.data.connectors.kinds import Asked, Kind
from projects.models import limits

LONG = 1_000_000


class ConnectorForm(forms.Form):
    """A place of one kind: its name, and what that kind asks."""

    name = forms.CharField(label=_("Name"), max_length=limits.NAME)

    def __init__(self, data: Any = None, *, kind: Kind) -> None:
        super().__init__(data, auto_id=f"{kind.key}_%s")
        self.kind = kind
        for asked in kind.asked:
            self.fields[asked.name] = _field(asked)

    def given(self) -> dict[str, str]:
        """What was typed, but for the name."""
        return {asked.name: self.cleaned_data[asked.name] for asked in self.kind.asked}


class Unshown(forms.Textarea):
    """Lines that may hold keys: what was typed isn't shown again, as little as a password is."""

    def format_value(self, value: Any) -> str:
        return ""


def _field(asked: Asked) -> forms.Field:
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    widget: forms.Widget = forms.TextInput(attrs=attrs)
    if asked.widget == "long":
        widget = Unshown(attrs=attrs | {"rows": 6})
    elif asked.widget == "secret":
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(
        label=str(asked.label), help_text=str(asked.help), required=asked.required, max_length=LONG, widget=widget
    )
