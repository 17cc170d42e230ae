"""The gallery's presets, in its order. Another one is a file and a line here."""

from collections.abc import Mapping
from typing import Any

from projects.configuration.presets import (
    boxes,
    defect_grid,
    document_classes,
    key_points,
    moderation,
    named_entities,
    preference,
    segmentation,
    sentiment,
    transcription,
)
from projects.configuration.presets.protocol import Preset

MADE_OF = (
    named_entities,
    boxes,
    segmentation,
    key_points,
    moderation,
    sentiment,
    document_classes,
    preference,
    defect_grid,
    transcription,
)
PRESETS: Mapping[str, Preset] = {one.PRESET.key: one.PRESET for one in MADE_OF}
FIRST_TERMS = {"wanted": 2, "rate": 50_000}  # what a new project is proposed to be; all else is the model's defaults


def pattern_of(preset: Preset) -> dict[str, Any]:
    """A preset in the form in which templates are kept, its words in the reader's language."""
    settings = FIRST_TERMS | {"instructions": str(preset.instructions)} | dict(preset.settings)
    return {"task_type": preset.task_type, "labels": [dict(one) for one in preset.labels], "settings": settings}
