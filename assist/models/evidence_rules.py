"""What keeps the evidence that a deployment rests on: nothing of it is deleted, or told differently later."""

import pgtrigger

from taskers.models.append_only import ends_once, never_deleted, never_emptied

# By these it is known which models would take each other's place (rivals.py).
MODEL_STAYS = pgtrigger.Protect(
    name="model_version_stays_what_it_is",
    operation=pgtrigger.Update,
    condition=pgtrigger.AnyChange("public_id", "name", "version", "capability"),
)
JUDGED = ("public_id", "project", "candidate", "champion", "margin", "rules", "begun_at", "begun_by")
EVALUATION_STAYS = [
    pgtrigger.Protect(
        name="evaluation_said_once", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="running")
    ),
    pgtrigger.Protect(
        name="evaluation_stays_of_two", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(*JUDGED)
    ),
    never_deleted("evaluation_not_deleted"),
    never_emptied("evaluation_not_emptied"),
]
DEPLOYMENT_STAYS = [
    ends_once("deployment_ends_once"),
    never_deleted("deployment_not_deleted"),
    never_emptied("deployment_not_emptied"),
]
# What was ever offered keeps another model from being the first here (deployment_rules.py).
SUGGESTION_STAYS = never_deleted("suggestion_not_deleted")
