"""Places in pictures that have a name."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, drawn, regions

POINT = ["point"]
SCENE = (
    '<rect width="160" height="100" fill="#e6ded2"/><path d="M40 100q0-26 40-26t40 26z" fill="#2f5d62"/>'
    '<ellipse cx="80" cy="46" rx="24" ry="30" fill="#d8a878"/><path d="M55 40q2-28 25-28t25 28q-8-14-25-14T55 40z"'
    ' fill="#4a3426"/><circle cx="71" cy="42" r="3" fill="#2b2b2b"/><circle cx="89" cy="42" r="3" fill="#2b2b2b"/>'
    '<path d="M80 46l-3 9h6" fill="none" stroke="#8a5a35" stroke-width="1.5"/><path d="M71 63q9 6 18 0" fill="none"'
    ' stroke="#9b3f3a" stroke-width="2"/>'
)

PRESET = Preset(
    key="key-points",
    title=_("Key points"),
    what=_("Named places on a face or a body, hidden ones marked as hidden."),
    task_type="image_regions",
    instructions=_(
        "# Where to click\n\nSet each point once. Left and right are those of the person, not yours. If a place is"
        " hidden,"
        " set it where it would be and mark it as hidden.\n"
    ),
    labels=(
        {"key": "right_eye", "name": "Right eye", "colour": "#1971c2", "hotkey": "1", "shapes": POINT},
        {"key": "left_eye", "name": "Left eye", "colour": "#0c8599", "hotkey": "2", "shapes": POINT},
        {"key": "nose", "name": "Nose", "colour": "#e8590c", "hotkey": "3", "shapes": POINT},
        {"key": "mouth", "name": "Mouth", "colour": "#c2255c", "hotkey": "4", "shapes": POINT},
    ),
    settings={"thresholds": {"agreement": 0.75, "iou": 0.5}},
    payload=drawn(160, 100),
    answer=regions(
        ("right_eye", {"type": "point", "x": 71, "y": 42}),
        ("left_eye", {"type": "point", "x": 89, "y": 42}),
        ("nose", {"type": "point", "x": 79, "y": 54}),
        ("mouth", {"type": "point", "x": 80, "y": 65}),
    ),
    scene=SCENE,
)
