"""What a trained model's own figures on the validation split warn of, before anybody deploys it."""

from collections.abc import Mapping

from assist.learning.recipes import RECIPES
from taskers.errors import Sentence, sentence

MIN_FIGURE = 0.5  # F1, accuracy or overlap below which a model costs its users more corrections than it saves
COMPARED = ("baseline", "began from")


def warnings_of(recipe: str, metrics: Mapping[str, Mapping[str, float]]) -> list[Sentence]:
    """Why the model of a run may be worth nothing; empty where its figures are good, or the recipe is gone."""
    name = RECIPES[recipe].figure if recipe in RECIPES else ""
    figure = metrics.get("model", {}).get(name)
    if figure is None:
        return []
    warnings = []
    if figure < MIN_FIGURE:
        text = "It is right too seldom to help (%(figure)s). Label more before you deploy it."
        warnings.append(sentence(text, figure=f"{figure:.2f}"))
    others = [metrics[other][name] for other in COMPARED if name in metrics.get(other, {})]
    if others and figure < max(others):
        text = "It is worse than what it is compared with (%(figure)s against %(other)s). Don't deploy it."
        warnings.append(sentence(text, figure=f"{figure:.2f}", other=f"{max(others):.2f}"))
    return warnings
