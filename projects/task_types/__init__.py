"""Task types, one room each (registry.py). They are loaded once somebody asks for them: all methods of inference come
along, and a process that reads files can start without."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projects.task_types.protocol import TaskType
    from projects.task_types.registry import TASK_TYPES

__all__ = ["TASK_TYPES", "TaskType"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from projects.task_types import protocol, registry

    return getattr(protocol if name == "TaskType" else registry, name)
