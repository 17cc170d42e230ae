"""Many small pictures at once: which of them show a fault?"""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, drawn, fields

SCENE = (
    '<rect width="160" height="100" fill="#aeb6bd"/><path d="M0 0h160v100H0z" fill="#c5ccd1"/>'
    '<circle cx="80" cy="50" r="36" fill="#dfe4e7" stroke="#8b949c" stroke-width="3"/>'
    '<circle cx="80" cy="50" r="12" fill="#c5ccd1" stroke="#8b949c" stroke-width="2"/>'
    '<path d="M58 34l14 10 4 12 12 16" fill="none" stroke="#5b4636" stroke-width="2"/>'
)

PRESET = Preset(
    key="defect-grid",
    title=_("Faults, twelve at a glance"),
    what=_("Pictures of parts on one screen, twelve at once; only the faulty ones are touched."),
    task_type="classification",
    instructions=_(
        "# What is a fault\n\n- **Scratch**: a line that a fingernail would feel.\n- **Dent**: the edge isn't round any"
        " more.\n- **Fine**: everything else; dust is no fault.\n"
    ),
    labels=(
        {"key": "fine", "name": "Fine", "colour": "#2f9e44"},
        {"key": "scratch", "name": "Scratch", "colour": "#e03131"},
        {"key": "dent", "name": "Dent", "colour": "#e8590c"},
    ),
    settings={"grid": 12, "rate": 5_000, "lease_seconds": 600},
    payload=drawn(160, 100),
    answer=fields(("label", "scratch")),
    scene=SCENE,
)
