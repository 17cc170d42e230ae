"""The recipes by name. A new one is one new file here and one line in this registry."""

from importlib import import_module
from types import MappingProxyType

from assist.learning.recipes.recipe import Recipe

# Key -> the module that has its RECIPE: each loads libraries that only its own process needs.
RECIPES = MappingProxyType(
    {
        "spacy-entities": "assist.learning.recipes.spacy_entities",
        "text-classes": "assist.learning.recipes.text_classes",
    }
)


def recipe(key: str) -> Recipe:
    """A recipe with all that it needs. Raises KeyError for one that nobody knows."""
    return import_module(RECIPES[key]).RECIPE
