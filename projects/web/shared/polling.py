"""Parts of a page that htmx asks for again and again until there is nothing more to come."""

STOPS = 286  # htmx's own status for "stop asking"
NOTHING_NEW = 204  # htmx leaves the page as people have set it, and asks again


def status(going_on: bool) -> int:
    """What a part is answered with: asked again while something goes on, and not after."""
    return 200 if going_on else STOPS
