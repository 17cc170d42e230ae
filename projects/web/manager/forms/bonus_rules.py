"""A rule that gives bonuses, as managers type it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models.limits import BONUS
from projects.web.shared import units
from projects.web.shared.units import in_currency, of_percent, percent, to_millionths
from taskers.models import BonusRule, Organization
from taskers.models.limits import BONUS_DAYS, BONUS_LEAST, BONUS_WINDOW
from taskers.money.bonus_rules import Terms

MEASURES = {BonusRule.Measure.AGREEMENT: _("Agreement with verdicts")}
MONEY = ("amount", "each_most", "most")


class BonusRuleForm(forms.Form):
    """For what, how much, and how much at most."""

    least = percent(_("Agreement with verdicts, at least"), within=BONUS_LEAST)
    window = forms.IntegerField(
        label=_("Over so many judged answers"),
        **BONUS_WINDOW.bounds,
        help_text=_("Each row of so many counts once; rows don’t overlap."),
    )
    amount = units.amount(_("Bonus for each such row"), BONUS)
    each_most = units.amount(_("One person gets at most"), BONUS)
    most = units.amount(_("All together get at most"), BONUS)
    days = forms.IntegerField(label=_("For, days"), **BONUS_DAYS.bounds)

    def __init__(self, *args, organization: Organization, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in MONEY:
            self.fields[name].label = in_currency(self.fields[name].label, organization)

    def terms(self) -> Terms:
        """The rule in our units."""
        said = dict(self.cleaned_data)
        said |= {name: to_millionths(said[name]) for name in MONEY}
        return Terms(**said | {"measure": BonusRule.Measure.AGREEMENT.value, "least": of_percent(said["least"])})

    def mark(self) -> str:
        """What tells whether a preview was of this rule."""
        return " ".join(str(one) for one in vars(self.terms()).values())
