"""A rule that acts by itself, as managers type it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models.limits import RULE_HOURS, RULE_THRESHOLD, RULE_WINDOW
from projects.workflow.automatic_rules.actions import ACTIONS
from projects.workflow.automatic_rules.conditions import CONDITIONS
from projects.workflow.automatic_rules.running import Terms


class AutomaticRuleForm(forms.Form):
    """When, and what follows."""

    condition = forms.ChoiceField(label=_("When"), choices=[(key, one.title) for key, one in CONDITIONS.items()])
    threshold = forms.FloatField(
        label=_("Threshold"),
        **RULE_THRESHOLD.bounds,
        help_text=_("In seconds for speed and time, in percent for everything else."),
    )
    window = forms.IntegerField(
        label=_("Of the last"), **RULE_WINDOW.bounds, help_text=_("Pieces of work; with fewer nothing follows.")
    )
    action = forms.ChoiceField(label=_("Then"), choices=[(key, one.title) for key, one in ACTIONS.items()])
    hours = forms.IntegerField(label=_("For, hours"), **RULE_HOURS.bounds)

    def terms(self) -> Terms:
        """The rule in our units."""
        said = dict(self.cleaned_data)
        share = CONDITIONS[said["condition"]].unit == "%"
        return Terms(**said | {"threshold": said["threshold"] / 100 if share else said["threshold"]})
