"""Pictures divided into surfaces."""

from django.utils.translation import gettext_lazy as _

from projects.configuration.presets.protocol import Preset, drawn, regions

BOTH = ["mask", "polygon"]
WATER = [[0, 100], [0, 78], [44, 70], [92, 80], [160, 72], [160, 100]]
FOREST = [[0, 77], [0, 52], [30, 42], [62, 56], [70, 73], [44, 69]]
ROOF = [[96, 52], [120, 36], [146, 52], [146, 72], [96, 78]]
SCENE = (
    '<rect width="160" height="100" fill="#d8e8f2"/><path d="M0 60l40-30 34 24 30-18 56 30v34H0z" fill="#a9b3a2"/>'
    '<path d="M0 77V52l30-10 32 14 8 17-26-4z" fill="#4c7a4a"/><path d="M96 52l24-16 26 16v20l-50 6z" fill="#b5533c"/>'
    '<path d="M0 100V78l44-8 48 10 68-8v28z" fill="#5b93b8"/><circle cx="136" cy="16" r="8" fill="#f5d47a"/>'
)

PRESET = Preset(
    key="segmentation",
    title=_("Segmentation"),
    what=_("Every surface under a mask or a polygon, to the pixel: land, water, buildings."),
    task_type="image_regions",
    instructions=_(
        "# What to paint\n\nGive each surface one mask or polygon that ends where the surface ends. Small gaps between"
        " two surfaces are fine; one surface over another is not. Leave out what is smaller than a thumbnail.\n"
    ),
    labels=(
        {"key": "water", "name": "Water", "colour": "#1971c2", "hotkey": "1", "shapes": BOTH},
        {"key": "forest", "name": "Forest", "colour": "#2f9e44", "hotkey": "2", "shapes": BOTH},
        {"key": "building", "name": "Building", "colour": "#e8590c", "hotkey": "3", "shapes": BOTH},
    ),
    settings={"thresholds": {"agreement": 0.75, "iou": 0.5}, "lease_seconds": 1800},
    payload=drawn(160, 100),
    answer=regions(
        ("water", {"type": "polygon", "points": WATER}),
        ("forest", {"type": "polygon", "points": FOREST}),
        ("building", {"type": "polygon", "points": ROOF}),
    ),
    scene=SCENE,
)
