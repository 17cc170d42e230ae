"""Posts that may stay, and posts that may not."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, fields

PRESET = Preset(
    key="moderation",
    title=_("Moderation"),
    what=_("May a post stay? If not, which rules does it break?"),
    task_type="classification",
    instructions=_(
        "# What is decided\n\n- **Keep**: rude is not forbidden.\n- **Remove**: it breaks one of the rules below; tick"
        " each that it breaks.\n- **Escalate**: you can't tell without knowing more.\n\nSome posts are hard to"
        " read. Take a break whenever you like: skipping costs you nothing.\n"
    ),
    labels=(
        {"key": "keep", "name": "Keep", "colour": "#2f9e44", "field": "decision"},
        {"key": "remove", "name": "Remove", "colour": "#e03131", "field": "decision"},
        {"key": "escalate", "name": "Escalate", "colour": "#868e96", "field": "decision"},
        {"key": "threat", "name": "Threat", "colour": "#9c36b5", "field": "rules"},
        {"key": "insult", "name": "Insult", "colour": "#e8590c", "field": "rules"},
        {"key": "spam", "name": "Spam", "colour": "#1971c2", "field": "rules"},
    ),
    settings={
        "wanted": 3,
        "fields": [
            {"key": "decision", "name": "Decision", "kind": "choice", "required": True},
            {
                "key": "rules",
                "name": "Rules",
                "kind": "multiple",
                "required": True,
                "when": {"field": "decision", "is": "remove"},
            },
        ],
    },
    payload={"text": "Nobody asked you, clown. Buy followers at half price, link in my profile!"},
    answer=fields(("decision", "remove"), ("rules", ["insult", "spam"])),
)
