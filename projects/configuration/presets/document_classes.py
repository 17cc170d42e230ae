"""What kind of document something is."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, fields

PRESET = Preset(
    key="document-classes",
    title=_("Document classes"),
    what=_("What kind of document it is, along a tree of kinds, and how urgent."),
    task_type="classification",
    instructions=_(
        "# How to choose\n\nGo down the tree as far as you are sure. A *reminder* asks for money a second time; an"
        " *invoice* does so for the first time. Urgent is what names a day within a week.\n"
    ),
    labels=(
        {"key": "money", "name": "About money", "colour": "#1971c2", "field": "kind"},
        {"key": "invoice", "name": "Invoice", "colour": "#1c7ed6", "field": "kind", "parent": "money"},
        {"key": "reminder", "name": "Reminder", "colour": "#339af0", "field": "kind", "parent": "money"},
        {"key": "agreement", "name": "Agreement", "colour": "#2f9e44", "field": "kind"},
        {"key": "contract", "name": "Contract", "colour": "#37b24d", "field": "kind", "parent": "agreement"},
        {"key": "notice", "name": "Notice", "colour": "#51cf66", "field": "kind", "parent": "agreement"},
        {"key": "urgent", "name": "Urgent", "colour": "#e03131", "field": "urgency"},
        {"key": "usual", "name": "In its turn", "colour": "#868e96", "field": "urgency"},
    ),
    settings={
        "fields": [
            {"key": "kind", "name": "Kind", "kind": "tree", "required": True},
            {"key": "urgency", "name": "Urgency", "kind": "choice", "required": True},
        ],
    },
    payload={
        "title": "Letter of 3 June",
        "text": "We still miss 84.20 for the repair of 2 May. Please pay by Friday.",
    },
    answer=fields(("kind", ["money", "reminder"]), ("urgency", "urgent")),
)
