"""What managers type about webhooks."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import Subscription, limits
from projects.webhooks.kinds import KINDS, OF_TASKS


class SubscriptionForm(forms.Form):
    """Whom to tell, and of what."""

    name = forms.CharField(label=_("Name"), max_length=limits.NAME)
    url = forms.CharField(
        label=_("Address"),
        max_length=limits.URL,
        help_text=_("Of a host that whoever runs this Tandem allows."),
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"}),
    )
    kinds = forms.MultipleChoiceField(label=_("Tell it when"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, offered: Sequence[str], of: Subscription | None = None) -> None:
        initial = {"name": of.name, "url": of.url, "kinds": of.kinds} if of else {"kinds": list(offered)}
        super().__init__(data, initial=initial)
        allowed = [name for name in offered if of is None or not of.callbacks or name in OF_TASKS]
        self.fields["kinds"].choices = [(name, KINDS[name].title) for name in allowed]  # type: ignore[attr-defined]
        if of and of.callbacks:
            self.fields["url"].help_text = _("Addresses of tasks begin with this: a scheme, a host, perhaps a port.")


class NewSubscriptionForm(SubscriptionForm):
    """The same, and whether it is for addresses that tasks bring."""

    callbacks = forms.BooleanField(
        label=_("Only for addresses that tasks bring"),
        required=False,
        help_text=_(
            "It is told nothing by itself: a task's own “callback_url” must begin with this scheme, host and port."
        ),
    )

    def __init__(self, data: Any = None, *, offered: Sequence[str], of_project: bool) -> None:
        super().__init__(data, offered=offered)
        if not of_project:
            del self.fields["callbacks"]

    def terms(self) -> dict[str, Any]:
        """As subscriptions.create takes them: addresses of tasks are told of tasks alone."""
        said = dict(self.cleaned_data)
        if said.get("callbacks"):
            said["kinds"] = [name for name in said["kinds"] if name in OF_TASKS]
        return said
