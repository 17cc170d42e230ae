"""Which of the studio's files come behind the first edit; for the test of its weight and for the benchmark."""

from collections.abc import Iterable

MOST = 60_000  # bytes of our own scripts and styles, gzipped
LATER = (
    *(
        "image/view",
        "image/large",
        "image/heard",
        "image/hints",
        "mask_smooth",
        "attribute_fields",
        "prefetch",
        "asides",
    ),
    *("class_offers", "copies", "answers", "offsets"),
    *("image/lists", "text/lists", "image/rows", "mark_list", "windowed_list", "list_window"),
    *("list_tools", "list_order", "label_search", "mark_group", "region_groups", "hover_links", "studio_lists"),
    *("forms", "instructions", "shortcuts", "image/key_words", "sign_in", "steps_told", "comments"),
)


def later(fetched: Iterable[str]) -> set[str]:
    """What the editor asks for itself, behind the first paint."""
    return {url for url in fetched if any(f"/{name}." in url for name in LATER)}
