"""What somebody has seen, as a tag: a change goes through only where the thing is still what it was for its author.

`GET` and `PATCH` answer with an `ETag`. A change that comes with `If-Match` is made in a transaction that first holds
the thing and then looks at it, so of two who saw the same only one succeeds; the other is told (412) and looks again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from taskers.errors import Problem


class Overwritten(Problem):
    """Somebody else changed this since you looked at it: look again, and say it on top of what it is now."""

    code = "changed-meanwhile"
    status = 412


def tag(shown: Mapping[str, Any], *leaving_out: str) -> str:
    """The tag of what is shown, without what changes by itself."""
    kept = {name: value for name, value in shown.items() if name not in leaving_out}
    return f'"{sha256(JSONRenderer().render(kept)).hexdigest()[:24]}"'


def tagged(shown: Mapping[str, Any], *leaving_out: str, status: int = 200) -> Response:
    """The answer that shows it, with its tag."""
    return Response(shown, status=status, headers={"ETag": tag(shown, *leaving_out)})


@contextmanager
def unchanged(
    request: Request, held: QuerySet[Any], shown: Callable[[], Mapping[str, Any]], *leaving_out: str
) -> Iterator[None]:
    """A transaction in which nobody else changes what stands behind `held`, until its end.

    Raises Overwritten where the request names tags (If-Match) and what is shown now has none of them.
    """
    with transaction.atomic():
        list(held.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
        asked = request.headers.get("If-Match", "*").strip()
        if asked != "*" and tag(shown(), *leaving_out) not in {one.strip() for one in asked.split(",")}:
            raise Overwritten()
        yield
