"""Gold of decided tasks, as managers ask for it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models.limits import GOLD_AT_ONCE
from projects.web.shared.units import percent


class KeepManyForm(forms.Form):
    """How many tasks, and how sure their verdicts are."""

    number = forms.IntegerField(label=_("How many"), **GOLD_AT_ONCE.bounds)
    least = percent(_("Verdicts at least so sure, %"), _("What a reviewer decided is always sure enough."))
