"""How verdicts are said in templates."""

from django import template

from projects.configuration import methods
from projects.quality.gold.kept_words import gold_words

register = template.Library()


@register.filter
def method_title(key: str) -> str:
    """What decided a verdict, by its name for people."""
    return methods.title(key)


register.filter("gold_words", gold_words)
