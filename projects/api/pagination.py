"""Lists in pages: cut by key, never counted."""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework.request import Request

from projects.api.serializers import PageQuery


def asked(request: Request, shape: type[PageQuery] = PageQuery) -> tuple[int, int]:
    """The key to go on after, and how many to give; `shape` says what else may be asked. Raises ValidationError."""
    query = shape(data=request.query_params)
    query.is_valid(raise_exception=True)
    return int(query.validated_data.get("after") or 0), query.validated_data["limit"]


def page(rows: Sequence[Any], after: int, limit: int, shape: Callable[[Sequence[Any]], Any]) -> dict[str, Any]:
    """A page of rows, of which one more than `limit` was fetched; `next` is the key of the last one given."""
    given = rows[:limit]
    last = given[-1].pk if given else after
    return {"next": str(last) if last else None, "more": len(rows) > limit, "results": shape(given)}
