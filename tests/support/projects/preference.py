"""Projects of preferences, and answers to their pairs."""

from projects.models import Project
from tests.support import make


def said(value: str, **more: str) -> dict:
    """An answer that prefers one; `left` says which was on the left, anything else fills in a text field."""
    left = {"left": more.pop("left")} if "left" in more else {}
    texts = [{"field": name, "kind": "text", "value": text} for name, text in more.items()]
    return {"fields": [{"field": "preferred", "kind": "choice", "value": value}, *texts]} | left


def pairs(cast, name: str = "Answers", **terms) -> Project:
    return make.project(cast.riverside, name, "preference", **{"labels": []} | terms)
