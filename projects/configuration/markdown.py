"""Instructions are Markdown; what reaches a page is HTML without anything that could act."""

from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

import nh3
from django.utils.translation import get_language, gettext
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
IMAGE = {"src", "alt", "width", "height", "loading"}


class Picture(NamedTuple):
    """One that a text may show by its name: what it shows, where it is served, and how large it is. One that was
    removed is served nowhere, ""."""

    name: str
    alt: str
    address: str
    width: int
    height: int


def safe_html(text: str, pictures: Sequence[Picture] | None = None) -> str:
    """The text's HTML: raw HTML in it is shown as text, and links open apart. Of images it shows these pictures alone,
    by name, and says of any other that it isn't there: no outside request, ever. Without `pictures` it shows none."""
    return _html(text, None if pictures is None else tuple(pictures), get_language())


@lru_cache(maxsize=256)
def _html(text: str, pictures: tuple[Picture, ...] | None, language: str | None) -> str:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    attributes = {"a": {"href"}}
    if pictures is not None:
        reader.add_render_rule("image", _image)
        attributes["img"] = IMAGE
    html = reader.render(text, {"pictures": {one.name: one for one in pictures or ()}})
    return nh3.clean(
        html, tags=TAGS | set(attributes), attributes=attributes, url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer", set_tag_attribute_values={"a": {"target": "_blank"}},
    )  # fmt: skip


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """An image whose address is the name of a picture; words in its place where none is there."""
    token = tokens[at]
    name = str(token.attrs.get("src", ""))
    said = renderer.renderInlineAsText(token.children or [], options, env).strip()
    found: Picture | None = env["pictures"].get(name)
    alt = said or (found.alt if found else name)
    if found is None:
        return _words(gettext("There is no picture “%(name)s” here: %(alt)s") % {"name": name, "alt": alt})
    if not found.address:
        return _words(gettext("A picture was removed here: %(alt)s") % {"alt": alt})
    size = f'width="{found.width}" height="{found.height}"'
    return f'<img src="{escape(found.address)}" alt="{escape(alt)}" {size} loading="lazy">'


def _words(said: str) -> str:
    return f"<em>[{escape(said)}]</em>"
