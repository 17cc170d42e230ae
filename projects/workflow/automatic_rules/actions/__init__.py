"""What may follow from a rule. Each does it for one person, by a consequence that was written down just now."""

from projects.workflow.automatic_rules.actions import audit, message, overlap, pause, skill
from projects.workflow.automatic_rules.actions.protocol import Action

ACTIONS: dict[str, Action] = {
    "pause": pause.ACTION,
    "message": message.ACTION,
    "skill": skill.ACTION,
    "overlap": overlap.ACTION,
    "audit": audit.ACTION,
}
