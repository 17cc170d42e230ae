"""From a model's labels to a project's."""

from collections.abc import Collection, Mapping

# What a project's label may be called when it means what spaCy's label means. Read when the project maps nothing.
USUAL: dict[str, tuple[str, ...]] = {
    "PERSON": ("person", "people", "per"),
    "ORG": ("organization", "organisation", "organizations", "organisations", "org"),
    "GPE": ("place", "places", "location", "locations", "loc", "gpe"),
    "LOC": ("place", "places", "location", "locations", "loc"),
    "FAC": ("facility", "facilities", "fac"),
    "DATE": ("date", "dates"),
    "TIME": ("time", "times"),
    "MONEY": ("money", "amount", "amounts"),
    "EVENT": ("event", "events"),
    "LAW": ("law", "laws"),
}


def maps_nothing(mapping: Mapping[str, str], in_use: Collection[str]) -> bool:
    """Whether none of a project's labels has a name of the model that comes along: it then suggests nothing."""
    usual = (key for keys in USUAL.values() for key in keys)
    return not any(key in in_use for key in (mapping.values() if mapping else usual))


def project_label(
    model_label: str, mapping: Mapping[str, str], in_use: Collection[str], own: Mapping[str, str] | None = None
) -> str | None:
    """The project's label key for a model's label, or None if the project has no use for it.

    `mapping` is the project's own; where it is empty, labels are matched by their usual names. Of a model that was
    brought, `own` says what its manifest maps; else a label means the key that is called like it.
    """
    if mapping:
        key = mapping.get(model_label)
        return key if key in in_use else None
    if own is not None:
        plain = model_label.lower().replace(" ", "-")
        likely = (own.get(model_label), model_label, plain, *USUAL.get(model_label, ()))
        return next((key for key in likely if key in in_use), None)
    return next((key for key in USUAL.get(model_label, ()) if key in in_use), None)
