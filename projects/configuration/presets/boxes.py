"""Things in pictures, each in a box."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, drawn, regions

BOX = ["box"]
HIDDEN = [{"key": "occluded", "name": "Occluded", "kind": "flag"}]
SCENE = (
    '<rect width="160" height="100" fill="#cfe3ee"/><rect y="62" width="160" height="38" fill="#8b9096"/>'
    '<path d="M0 62V30h26v32zM34 62V20h30v42zM112 62V26h40v36z" fill="#b9aea0"/>'
    '<path d="M22 76v-8q0-4 5-4l6-9h20l8 9h5q4 0 4 5v7z" fill="#c2410c"/>'
    '<circle cx="33" cy="77" r="5" fill="#22262b"/><circle cx="58" cy="77" r="5" fill="#22262b"/>'
    '<circle cx="96" cy="50" r="4" fill="#8d5a34"/><path d="M91 56h10l-1 16h-2v12h-5V72h-2z" fill="#2b4c7e"/>'
    '<circle cx="122" cy="80" r="8" fill="none" stroke="#22262b" stroke-width="2"/>'
    '<circle cx="144" cy="80" r="8" fill="none" stroke="#22262b" stroke-width="2"/>'
    '<path d="M122 80l8-14h10l4 14M130 66l4 14h10" fill="none" stroke="#15803d" stroke-width="2"/>'
)

PRESET = Preset(
    key="boxes",
    title=_("Boxes around things"),
    what=_("Vehicles and people in street pictures, each in a box that touches its edges."),
    task_type="image_regions",
    instructions=_(
        "# What to box\n\nOne box for each thing that is longer than ten pixels. Draw it so that it touches the thing"
        " on"
        " all four sides; of what is partly hidden, box what can be seen and tick *Occluded*.\n"
    ),
    labels=(
        {"key": "car", "name": "Car", "colour": "#e03131", "hotkey": "1", "shapes": BOX, "attributes": HIDDEN},
        {"key": "person", "name": "Person", "colour": "#1971c2", "hotkey": "2", "shapes": BOX, "attributes": HIDDEN},
        {"key": "bicycle", "name": "Bicycle", "colour": "#2f9e44", "hotkey": "3", "shapes": BOX, "attributes": HIDDEN},
    ),
    settings={"thresholds": {"agreement": 0.7, "iou": 0.6}},
    payload=drawn(160, 100),
    answer=regions(
        ("car", {"type": "box", "x": 21, "y": 54, "width": 50, "height": 29}),
        ("person", {"type": "box", "x": 89, "y": 45, "width": 14, "height": 40}),
        ("bicycle", {"type": "box", "x": 112, "y": 64, "width": 42, "height": 26}),
    ),
    scene=SCENE,
)
