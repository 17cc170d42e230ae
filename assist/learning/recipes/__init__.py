"""The recipes by name. A new one is one new file here and one entry below.

What each takes is said here, so that a run can be checked without importing what trains it.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from assist.learning.recipes.recipe import Made, Parameter, Recipe, Work

RECIPES: Mapping[str, Recipe] = {
    "spacy-entities": Recipe(
        title="spaCy entities",
        note="English. Learns new kinds of names beside those that it knows.",
        task_types=("text_spans",),
        parameters={
            "passes": Parameter(12, 1, 60),
            "learn_rate": Parameter(0.001, 0.0001, 0.01, log=True),
            "dropout": Parameter(0.2, 0.0, 0.6),
            "replay": Parameter(True, searched=False),  # what is forgotten doesn't show in the figure
        },
        module="spacy_entities",
        prunes=True,
    ),
    "text-classes": Recipe(
        title="Text classes",
        note="A linear head on sentence vectors, beside a baseline of word weights.",
        task_types=("classification",),
        parameters={"strength": Parameter(10.0, 0.01, 1000.0, log=True), "balanced": Parameter(True)},
        module="text_classes",
        figure="accuracy",
    ),
    "text-encoder": Recipe(
        title="Text encoder",
        note="The whole encoder learns one field, beside a baseline of word weights. It takes minutes to hours.",
        task_types=("classification",),
        parameters={"passes": Parameter(4, 1, 20), "learn_rate": Parameter(0.00005, 0.000001, 0.001, log=True)},
        module="text_encoder",
        figure="accuracy",
        prunes=True,
    ),
    "image-classes": Recipe(
        title="Image classes",
        note="A linear head on image vectors, beside a baseline of tiny thumbnails and colours.",
        task_types=("classification",),
        parameters={"strength": Parameter(100.0, 0.1, 10_000.0, log=True), "balanced": Parameter(True)},
        module="image_classes",
        figure="accuracy",
        pictures=True,
    ),
    "sam-decoder": Recipe(
        title="Mask decoder",
        note="The default mask model learns what is marked here, by clicks and boxes. It takes minutes to an hour.",
        task_types=("image_regions",),
        parameters={
            "passes": Parameter(6, 1, 30),
            "learn_rate": Parameter(0.0001, 0.00001, 0.001, log=True),
            "rehearsal": Parameter(True, searched=False),  # what is forgotten doesn't show in the figure
        },
        module="sam_decoder",
        figure="overlap",
        prunes=True,
        pictures=True,
    ),
}


def training_of(key: str) -> Callable[[Work], Made]:
    """What a recipe does, with all the libraries that it needs."""
    return import_module(f"assist.learning.recipes.{RECIPES[key].module}").train
