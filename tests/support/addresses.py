"""Every address of the URL configuration, with what stands in it and who answers it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.urls import URLResolver, get_resolver

OURS = ("taskers.", "projects.", "config.", "assist.")


class Address(NamedTuple):
    """One of them. `name` is empty where it has none; `route` tells all of them apart."""

    name: str
    route: str
    arguments: tuple[str, ...]
    view: Callable[..., Any]

    @property
    def ours(self) -> bool:
        """Whether the view is our own, and no other package's."""
        return self.view.__module__.startswith(OURS)


def addresses(
    resolver: URLResolver | None = None, space: str = "", route: str = "", above: tuple[str, ...] = ()
) -> Iterator[Address]:
    """All of them, the admin's and other packages' too."""
    for pattern in (resolver or get_resolver()).url_patterns:
        here = str(pattern.pattern)
        path = route + here.removeprefix("^") if route else here
        arguments = above + tuple(pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern, inner, path, arguments)
        else:
            name = f"{space}{pattern.name}" if pattern.name else ""
            yield Address(name, path, arguments, pattern.callback)
