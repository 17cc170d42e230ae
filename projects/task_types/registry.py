"""The task types by name. A new type is one new file beside this one and one line here."""

from projects.task_types.classification import Classification
from projects.task_types.image_regions import ImageRegions
from projects.task_types.preference import Preference
from projects.task_types.protocol import TaskType
from projects.task_types.text_spans import TextSpans

ROOMS: tuple[TaskType, ...] = (ImageRegions(), TextSpans(), Classification(), Preference())
TASK_TYPES: dict[str, TaskType] = {room.key: room for room in ROOMS}
