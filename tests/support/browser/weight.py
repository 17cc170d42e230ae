"""Which of the studio's files come behind the first edit; for the test of its weight and for the benchmark."""

from collections.abc import Iterable

MOST = 60_000  # bytes of our own scripts and styles, gzipped
LATER = (
    "lists",
    "image_later",
    "text_later",
    "classification_later",
    "asides",
    "studio_later",
    "forms",
    "attribute_fields",
)


def later(fetched: Iterable[str]) -> set[str]:
    """What the editor asks for itself, behind the first paint."""
    return {url for url in fetched if any(f"/{name}." in url for name in LATER)}
