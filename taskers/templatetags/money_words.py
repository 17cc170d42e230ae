"""What moved on an account, in words."""

from django import template

from taskers.web.statement_table import WHAT

register = template.Library()


@register.filter
def moved(what: str) -> str:
    """A statement's line, for people."""
    return str(WHAT.get(what, what))
