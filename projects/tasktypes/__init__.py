"""Task types, one room each. A new type is one new file here and one line in the registry."""

from projects.tasktypes.classification import Classification
from projects.tasktypes.image_regions import ImageRegions
from projects.tasktypes.preference import Preference
from projects.tasktypes.protocol import TaskType
from projects.tasktypes.text_spans import TextSpans

ROOMS: tuple[TaskType, ...] = (ImageRegions(), TextSpans(), Classification(), Preference())
TASK_TYPES: dict[str, TaskType] = {room.key: room for room in ROOMS}

__all__ = ["TASK_TYPES", "TaskType"]
