"""What is written in a picture."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, drawn, fields

SCENE = (
    '<rect width="160" height="100" fill="#d9d4c8"/><path d="M34 6h92v88l-8-4-8 4-8-4-8 4-8-4-8 4-8-4-8 4-8-4-8 4-8-4z"'
    ' fill="#fbfaf6"/><g fill="#3b3a36" font-family="monospace" font-size="9"><text x="44" y="24">CAFE AURORA</text>'
    '<text x="44" y="40">2 tea     5.00</text><text x="44" y="52">1 cake    4.20</text>'
    '<text x="44" y="72" font-weight="bold">TOTAL     9.20</text></g>'
)

PRESET = Preset(
    key="transcription",
    title=_("Transcription"),
    what=_("What a receipt, a sign or a form says, typed out; how well it can be read."),
    task_type="classification",
    instructions=_(
        "# How to type\n\nLetter by letter, with mistakes as they stand. What can't be read is three dots. The total"
        " is the"
        " last sum, without the currency.\n"
    ),
    labels=(
        {"key": "clear", "name": "Clear", "colour": "#2f9e44", "field": "legible"},
        {"key": "partly", "name": "Partly", "colour": "#e8590c", "field": "legible"},
        {"key": "not", "name": "Not at all", "colour": "#e03131", "field": "legible"},
    ),
    settings={
        "copilot": False,
        "fields": [
            {"key": "legible", "name": "Legible", "kind": "choice", "required": True},
            {"key": "shop", "name": "Shop", "kind": "text", "required": False, "longest": 200},
            {
                "key": "total",
                "name": "Total",
                "kind": "number",
                "required": False,
                "min": 0,
                "max": 100000,
                "step": 0.01,
            },
        ],
    },
    payload=drawn(160, 100),
    answer=fields(("legible", "clear"), ("shop", "CAFE AURORA"), ("total", 9.2)),
    scene=SCENE,
)
