"""How good work was in the eyes of those whom no suggestion had reached.

Two people who accept the same wrong suggestion agree with each other: their agreement says nothing about the
suggestion. So a known answer and a reviewer are taken at their word, and the others' agreement only where each of the
others worked without the copilot.
"""

from collections.abc import Iterable, Sequence

from projects.models import Annotation, Verdict
from taskers.models import Grade, Person


def of(work: Sequence[Annotation]) -> dict[int, float]:
    """Annotation key -> its newest blind grade in [0, 1]; those that have none are left out."""
    subjects = {f"annotation:{row.pk}": row.pk for row in work}
    grades = list(Grade.objects.filter(subject__in=list(subjects)).order_by("pk"))
    blind = _blind(one for one in grades if one.source == Grade.Source.VERDICT)
    return {
        subjects[one.subject]: one.value
        for one in grades
        if one.source != Grade.Source.VERDICT or one.pk in blind
    }  # fmt: skip


def _blind(grades: Iterable[Grade]) -> set[int]:
    """Which of these grades by agreement compare with nothing that a model made or helped with.

    All that was weighed for the verdict counts, not only what it rests on: that depends on the very answer that is
    graded, and one that agrees with helped answers must not drop out where one that differs from them stays in.
    """
    named = {one.pk: (one.subject, str(one.detail.get("verdict"))) for one in grades}
    verdicts = Verdict.objects.filter(public_id__in={verdict for _, verdict in named.values()} - {"None"})
    weighed = {str(key): set(map(int, found)) for key, found in verdicts.values_list("public_id", "agreements")}
    rows = Annotation.objects.filter(pk__in=set().union(*weighed.values()))
    work = rows.values_list("pk", "assignment__copilot", "tasker__kind")
    led = {f"annotation:{pk}" for pk, helped, kind in work if helped or kind == Person.Kind.MODEL}
    others = {key: {f"annotation:{pk}" for pk in found} & led for key, found in weighed.items()}
    return {pk for pk, (own, verdict) in named.items() if verdict in others and not others[verdict] - {own}}
