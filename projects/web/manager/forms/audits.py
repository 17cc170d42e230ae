"""What is drawn in an audit round, as managers type it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import AuditRound, Project
from projects.quality.audit_rounds import EACH, RISK, TOLERATED
from projects.web.shared.units import percent

CUTS = (
    ("confidence", _("How sure the verdict was")),
    ("standing", _("The lowest standing of those it rests on")),
    ("label", _("Its label")),
)


class AuditRoundForm(forms.Form):
    """One round: what is drawn of, and how much. Fields that its kind doesn't ask are left as they are."""

    kind = forms.ChoiceField(
        label=_("What for?"), choices=[(key, _(str(words))) for key, words in AuditRound.Kind.choices]
    )
    batch = forms.ChoiceField(label=_("Batch"), required=False, help_text=_("Of an acceptance."))
    tolerated = percent(_("Tolerated errors, %"), _("A batch with more should not pass."), within=TOLERATED)
    risk = percent(_("Risk, %"), _("The chance that one with more passes all the same."), within=RISK)
    cut_by = forms.ChoiceField(label=_("Kinds by"), choices=CUTS, required=False)
    each = forms.IntegerField(
        label=_("Of each kind, or reviewer"), **EACH.bounds, help_text=_("This many are drawn at random.")
    )

    def __init__(self, data: Any = None, *, project: Project) -> None:
        super().__init__(data, initial={"tolerated": 5, "risk": 5, "each": 10})
        self.batches = {str(one.public_id): one for one in project.batches.order_by("-pk")[:200]}
        self.fields["batch"].choices = [(key, one.name) for key, one in self.batches.items()]  # type: ignore[attr-defined]
