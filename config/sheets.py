"""Style sheets that go out together: a few files instead of many, over a slow line.

In the repository and during development each is served as it is written; `collectstatic` puts them together.
"""

from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

# What lies in a pack, in the order in which it holds.
PACKS = {
    "base": ("tokens", "base", "chrome", "components"),
    "office": ("page", "cards", "figures", "navigation"),
    "studio": ("studio", "studio_panel", "workbench"),
    "studio_later": ("studio_lists", "comments", "shortcuts", "copies"),
    "choices": ("classification", "grid"),
    "lesson": ("cards", "answers", "lesson"),
}


def addresses(pack: str) -> list[str]:
    """Where the styles of a pack are, in their order."""
    names = [file_of(pack)] if settings.PACKED else [f"css/{name}.css" for name in PACKS[pack]]
    return [static(name) for name in names]


def file_of(pack: str) -> str:
    return f"css/packs/{pack}.css"


def written(pack: str) -> str:
    """A pack's text. Raises ValueError on a sheet that asks for another file: it would not be found from there."""
    texts = [(Path(settings.BASE_DIR) / f"static/css/{name}.css").read_text(encoding="utf-8") for name in PACKS[pack]]
    for name, text in zip(PACKS[pack], texts, strict=True):
        if "url(" in text or "@import" in text or "@charset" in text:
            raise ValueError(f"{name}.css asks for another file, which packs don't know")
    return "\n".join(texts)
