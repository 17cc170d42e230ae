"""How verdicts and task types are said in templates."""

from django import template
from django.utils.translation import gettext as _

from projects.configuration import methods
from projects.quality.gold.kept_words import gold_words
from projects.task_types import TASK_TYPES

register = template.Library()


@register.filter
def method_title(key: str) -> str:
    """What decided a verdict, by its name for people."""
    return methods.title(key)


register.filter("gold_words", gold_words)


@register.filter
def type_title(key: str) -> str:
    """What a project labels, in the reader's language."""
    return _(TASK_TYPES[key].title)
