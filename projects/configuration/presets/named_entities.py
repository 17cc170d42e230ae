"""Names in texts."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, spans

TEXT = "On 4 May Mayor Ada Quist opened the ferry terminal that Northline Shipping built in Harstad."

PRESET = Preset(
    key="named-entities",
    title=_("Names in texts"),
    what=_("People, organizations, places and dates, marked word by word."),
    task_type="text_spans",
    instructions=_(
        "# What to mark\n\nMark every name in full, without titles before it: *Ada Quist*, not *Mayor Ada Quist*."
        " Mark a name each time it occurs.\n\n- **Person**: somebody's name.\n- **Organization**: a company, an"
        " office, a"
        " club.\n- **Place**: a town, a country, a building with a name.\n- **Date**: a day, a month or a year.\n"
    ),
    labels=(
        {"key": "person", "name": "Person", "colour": "#1971c2", "hotkey": "1"},
        {"key": "organization", "name": "Organization", "colour": "#e8590c", "hotkey": "2"},
        {"key": "place", "name": "Place", "colour": "#2f9e44", "hotkey": "3"},
        {"key": "date", "name": "Date", "colour": "#9c36b5", "hotkey": "4"},
    ),
    settings={"label_mapping": {"PERSON": "person", "ORG": "organization", "GPE": "place", "LOC": "place"}},
    payload={"text": TEXT},
    answer=spans(
        TEXT, ("4 May", "date"), ("Ada Quist", "person"), ("Northline Shipping", "organization"), ("Harstad", "place")
    ),
)
