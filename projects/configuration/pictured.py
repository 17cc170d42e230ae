"""Instructions and the explanations of a course as a page shows them, with the project's pictures."""

from collections.abc import Sequence

from django.urls import reverse

from projects.configuration import illustrations, markdown
from projects.models import Illustration, Project, ProjectTemplate


def instructions_html(
    text: str, owner: Project | ProjectTemplate | None, pictures: Sequence[Illustration] | None = None
) -> str:
    """Safe HTML of a text that may show the pictures of this project or template: `pictures`, where they were read."""
    found = illustrations.called_in(text, owner) if pictures is None else pictures
    return markdown.safe_html(text, [picture(one) for one in found])


def each_html(texts: Sequence[str], owner: Project) -> list[str]:
    """The same of each of these texts: the pictures are read once, and not at all where none of them shows one."""
    found = illustrations.called_in("\n".join(texts), owner)
    return [instructions_html(text, owner, found) for text in texts]


def picture(one: Illustration) -> markdown.Picture:
    """As a text may show it."""
    address = reverse("illustration", args=[one.public_id]) if one.asset else ""
    size = (one.asset.width, one.asset.height) if one.asset else (0, 0)
    return markdown.Picture(one.name, one.alt, address, *size)
