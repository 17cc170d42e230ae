"""Models that say themselves how likely each label is: from their labels to the labels of a project's fields. Pure."""

from collections.abc import Mapping, Sequence

from assist.adapters.kinds import lays
from assist.models import ModelVersion
from assist.suggestions.label_map import project_label
from assist.suggestions.prototypes import Choices, Guess

Shares = Mapping[str, float | None]  # the model's label, or one of the project's phrases -> its share, or None


def gives_shares(version: ModelVersion) -> bool:
    """Whether it says itself how likely each label is, rather than where texts or images lie."""
    return bool(version.terms) and version.capability.startswith("classify") and not lays(version.terms)


def phrases_of(fields: Sequence[Choices]) -> list[str]:
    """The words by which a model that takes any labels is asked."""
    return list(dict.fromkeys(phrase for one in fields for said in one.phrases.values() for phrase in said))


def guesses(
    fields: Sequence[Choices], shares: Shares, mapping: Mapping[str, str], own: Mapping[str, str]
) -> list[Guess]:
    """The likeliest label of each field that the model says anything of. `mapping`: the project's, `own`: the model's
    manifest's, as of `project_label`."""
    found = (_guess(one, shares, mapping, own) for one in fields)
    return [one for one in found if one is not None]


def _guess(choices: Choices, shares: Shares, mapping: Mapping[str, str], own: Mapping[str, str]) -> Guess | None:
    by_phrase = {phrase: key for key, said in choices.phrases.items() for phrase in said}
    sums: dict[str, float | None] = {}
    for said, share in shares.items():
        key = by_phrase.get(said) or project_label(said, mapping, choices.phrases, own)
        if key:
            before = sums.get(key, 0.0)
            sums[key] = None if share is None or before is None else before + share
    if not sums:
        return None
    label = max(sums, key=lambda key: 1.0 if sums[key] is None else float(sums[key] or 0))
    score = sums[label]
    return Guess(choices.field, label, None if score is None else round(min(1.0, score), 4))
