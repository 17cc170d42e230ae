"""How somebody feels about something."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, fields

PRESET = Preset(
    key="sentiment",
    title=_("Sentiment"),
    what=_("Is a review positive, negative or neither? One key for each text."),
    task_type="classification",
    instructions=_(
        "# What counts\n\nWhat the writer thinks of the thing, not whether the news is good. *It broke, and they sent"
        " a new"
        " one the same day* is **positive**: they praise the service. Praise and blame in equal parts are"
        " **neutral**.\n"
    ),
    labels=(
        {"key": "positive", "name": "Positive", "colour": "#2f9e44"},
        {"key": "neutral", "name": "Neutral", "colour": "#868e96"},
        {"key": "negative", "name": "Negative", "colour": "#e03131"},
    ),
    settings={"wanted": 3},
    payload={
        "text": "The lamp arrived with a dent. I wrote to them, and a new one was here the next morning. Thank you!"
    },
    answer=fields(("label", "positive")),
)
