"""Which of two answers is better."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, fields

PRESET = Preset(
    key="preference",
    title=_("Which answer is better"),
    what=_("Two answers to one question side by side, in an order drawn for each tasker, and why."),
    task_type="preference",
    instructions=_(
        "# What is better\n\n1. It is **true**. A wrong answer loses, however well it is written.\n2. It **helps**"
        " with what"
        " was asked.\n3. It is **short**.\n\nSay *about equal* only if you would use either.\n"
    ),
    settings={
        "wanted": 3,
        "copilot": False,
        "fields": [
            {"key": "preferred", "name": "Preferred", "kind": "choice", "required": True},
            {"key": "reason", "name": "Reason", "kind": "text", "required": False, "longest": 300},
        ],
    },
    payload={
        "prompt": "How long do I boil an egg?",
        "first": {"text": "Six minutes for a soft yolk, ten for a hard one."},
        "second": {"text": "It depends on many things, and eggs are a wonderful food with a long history."},
    },
    answer=fields(("preferred", "first"), ("reason", "It says how long.")),
)
