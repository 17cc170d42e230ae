"""Which capabilities suggest the same of a task: where a model of one of them answers, a model of another would take
its place."""

from collections.abc import Sequence

# Each in the order in which shares are drawn. Nothing of these comes along by itself: it answers where it is deployed.
RIVALS: Sequence[tuple[str, ...]] = (
    ("classify-image", "embed-image"),  # labels of an image, by a head or by examples
    ("detect", "read"),  # all regions of an image at once
)


def of(capability: str) -> tuple[str, ...]:
    """This one, and all that suggest the same."""
    return next((some for some in RIVALS if capability in some), (capability,))


# Of what nothing comes along either, and which has no rival.
ALONE = ("generate",)


def comes_along(capability: str) -> bool:
    """Whether the runtime may answer with a model of its own where none is deployed."""
    return not any(capability in some for some in (*RIVALS, ALONE))


def _both(some: Sequence[str]) -> str:
    names = ", ".join(f"'{one}'" for one in some)
    return f"own.capability IN ({names}) AND theirs.capability IN ({names})"


# The same for PostgreSQL, of two versions.
SAME = f"(own.capability = theirs.capability OR {' OR '.join(_both(some) for some in RIVALS)})"
