"""Which of the studio's files come behind the first edit; for the test of its weight and for the benchmark."""

from collections.abc import Iterable

LATER = (
    *("image_view", "image_large", "image_heard", "image_hints", "mask_smooth", "attribute_fields", "ahead", "asides"),
    *("class_offers", "copies", "answers", "offsets"),
    *("image_lists", "text_lists", "image_rows", "mark_list", "windowed_list", "list_window"),
    *("list_tools", "list_order", "label_search", "mark_group", "region_groups", "hover_links", "studio_lists"),
    *("forms", "instructions", "key_sheet", "image_key_words", "sign_in", "steps_told", "talk"),
)


def later(fetched: Iterable[str]) -> set[str]:
    """What the room asks for itself, behind the first paint."""
    return {url for url in fetched if any(f"/{name}." in url for name in LATER)}
