"""What the studio's page fetches with the first task of a type, where tasks of any type may come."""

from collections.abc import Container

from projects.task_types import TASK_TYPES
from projects.web.annotator import packs


def modules(here: Container[str]) -> dict[str, str]:
    """The modules of all editors but those that are here, each with the types of task that need it."""
    found: dict[str, str] = {}
    for key in TASK_TYPES:
        for name in packs.needed_by(f"js/studio/{key}.js"):
            if name not in here:
                found[name] = f"{found.get(name, '')} {key}".strip()
    return found


def showing(*media: str) -> str:
    """The types of task that show such media."""
    return " ".join(key for key, task_type in TASK_TYPES.items() if task_type.media in media)
