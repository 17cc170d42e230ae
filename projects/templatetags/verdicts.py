"""How verdicts are said in templates."""

from django import template

from projects.configuration import methods

register = template.Library()


@register.filter
def method_title(key: str) -> str:
    """What decided a verdict, by its name for people."""
    return methods.title(key)
