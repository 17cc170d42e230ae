"""How recipes' settings and figures are said in templates."""

from django import template

from assist.learning.recipes import RECIPES
from assist.learning.training_warnings import warnings_of
from assist.models import TrainingRun
from assist.web import training_words

register = template.Library()
register.filter("setting_name", training_words.setting)
register.filter("setting_value", training_words.value)
register.filter("figure_name", training_words.figure)


@register.filter
def recipe_title(key: str) -> str:
    """A recipe by its name for people; one that is gone by its key."""
    return RECIPES[key].title if key in RECIPES else key


@register.filter
def training_warnings(run: TrainingRun) -> list[str]:
    """What its figures warn of."""
    return [str(warning) for warning in warnings_of(run.recipe, run.metrics)]
