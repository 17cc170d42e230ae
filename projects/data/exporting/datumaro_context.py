"""Datumaro's own setting, for the thread that uses it. It is loaded when it is needed.

Datumaro sets the library that it reads images with in a context variable while it is imported, and so for the thread
or task that happened to import it. Everywhere else the variable has no value, and whatever reads an image fails.
"""

from collections.abc import Callable
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def with_image_backend(work: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Call something of Datumaro's where its variable is set, in a context of its own."""

    def set_and_work() -> T:
        from datumaro.util import image

        image.IMAGE_BACKEND.set(image.ImageBackend.cv2)
        return work(*arguments, **options)

    return copy_context().run(set_and_work)
