"""A limit is said once: forms, serializers, verbs and the database have it from there, or something narrower."""

import ast
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from projects.api.course_serializers import CourseChange
from projects.api.models import TermsBody
from projects.api.rule_serializers import RulesShape
from projects.api.serializers import SettingsShape, ThresholdsShape
from projects.configuration import configure
from projects.errors import Refused
from projects.models import AssignmentRules, ProjectSettings, limits
from projects.task_types import asked_fields
from projects.web.manager.forms.annotators import TermsForm
from projects.web.manager.forms.project import SettingsForm
from projects.web.manager.forms.qualification import CourseForm
from projects.web.manager.forms.rules import RulesForm
from projects.web.shared.json_view import read_whole_number
from projects.workforce import rules
from taskers.errors import Problem
from taskers.models import limits as of_people
from taskers.models.limits import Between
from taskers.skills import skills
from tests.support.cast import Cast
from tests.support.walls import ROOT, SOURCES, named, parsed

KINDS: list[tuple[str, Mapping[str, Between], list[type]]] = [
    ("a project's settings", limits.SETTINGS, [SettingsForm, SettingsShape]),
    ("its thresholds", limits.THRESHOLDS, [SettingsForm, ThresholdsShape]),
    ("its rules", limits.RULES, [RulesForm, RulesShape, CourseForm]),
    ("the terms of a model", limits.ANNOTATOR, [TermsForm, TermsBody]),
]
# What goes by another name, or in another unit, where people type it.
TYPED = {"lease_minutes": ("lease_seconds", 60)}
OF_A_COURSE = {
    "items_asked": "training_tasks",
    "pass_mark": "training_pass",
    "tries": "training_tries",
    "wait_hours": "training_wait",
    "days": "training_days",
    "pay": "training_rate",
}


def declared(where: type) -> Mapping[str, Any]:
    return where.base_fields if issubclass(where, forms.BaseForm) else where._declared_fields  # type: ignore[attr-defined]


def ends(field: Any) -> tuple[Decimal, Decimal]:
    """The least and the most that a field takes, by what it says itself and by its validators."""
    least = [one.limit_value for one in field.validators if isinstance(one, MinValueValidator)]
    most = [one.limit_value for one in field.validators if isinstance(one, MaxValueValidator)]
    if getattr(field, "max_digits", None):
        most.append(Decimal(10 ** (field.max_digits - field.decimal_places)) - Decimal(10) ** -field.decimal_places)
    return max(Decimal(str(one)) for one in least), min(Decimal(str(one)) for one in most)


def compared() -> Iterator[tuple[str, Any, Between, Decimal]]:
    """(where, field, limit, in how many of the limit's units it counts)."""
    for what, known, places in KINDS:
        for where in places:
            for name, field in declared(where).items():
                key, unit = TYPED.get(name, (name, 1))
                if key not in known:
                    continue
                size = Decimal(unit)
                if isinstance(known[key], limits.Money):
                    size = Decimal(10**6)
                elif isinstance(field, forms.DecimalField) and key == name:
                    size = Decimal("0.01")
                yield f"{where.__name__}.{name} of {what}", field, known[key], size
    for name, key in OF_A_COURSE.items():
        size = Decimal(10**6) if name == "pay" else Decimal(1)
        yield f"CourseChange.{name}", declared(CourseChange)[name], limits.RULES[key], size


def test_forms_and_serializers_take_what_a_limit_allows_and_no_more() -> None:
    rows = list(compared())
    wrong = {
        where: (ends(field), limit)
        for where, field, limit, size in rows
        if tuple(one * size for one in ends(field)) != (Decimal(str(limit.least)), Decimal(str(limit.most)))
    }
    assert not wrong
    asked = {where.split(" ")[0].split(".")[1] for where, *_ in rows}
    assert {"wanted", "target", "rate", "gold_share", "training_days", "lease_minutes", "agreement"} <= asked


# What else must hold so that a number may be as much as its limit says.
BESIDE: list[tuple[type[models.Model], Mapping[str, Between], dict[str, int]]] = [
    (ProjectSettings, limits.SETTINGS, {"most": 50}),
    (AssignmentRules, limits.RULES, {"training_skill_id": 1}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "known", "beside"), BESIDE, ids=["settings", "rules"])
def test_the_database_holds_whatever_a_limit_allows(
    model: type[models.Model], known: Mapping[str, Between], beside: dict[str, int]
) -> None:
    checks = [one for one in model._meta.constraints if isinstance(one, models.CheckConstraint)]
    for name, limit in known.items():
        for value in (limit.least, limit.most):
            for one in checks:
                one.validate(model, model(**beside | {name: value}))


@pytest.mark.django_db
def test_the_database_refuses_what_no_limit_allows() -> None:
    wide = ProjectSettings(wanted=51)
    (constraint,) = (one for one in ProjectSettings._meta.constraints if one.name == "settings_wanted_sane")
    with pytest.raises(ValidationError):
        constraint.validate(ProjectSettings, wide)


@pytest.mark.django_db
def test_verbs_refuse_what_lies_beyond_a_limit(cast: Cast) -> None:
    project = configure.create(
        cast.riverside, cast.mina, name="Bounds", task_type="classification", labels=[{"name": "Any"}]
    )
    for name, limit in limits.SETTINGS.items():
        for value in (limit.least - 1, limit.most + 1, float("nan"), "2", True):
            with pytest.raises(Refused) as problem:
                configure.change(project, cast.mina, **{"most": 50, name: value})
            assert problem.value.place == name
    for name, limit in limits.RULES.items():
        for value in (limit.least - 1, limit.most + 1, float("nan"), "2", True):
            with pytest.raises(Refused) as problem:
                rules.change(project, cast.mina, **{name: value})
            assert problem.value.place == name


@pytest.mark.django_db
def test_a_project_takes_no_more_labels_than_its_page_shows(cast: Cast) -> None:
    labels = [{"name": f"Label {number}"} for number in range(limits.LABELS + 1)]
    with pytest.raises(Refused, match="at most 200 labels"):
        configure.create(cast.riverside, cast.mina, name="Many", task_type="text_spans", labels=labels)


@pytest.mark.django_db
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2e9])
def test_a_skill_has_a_value_that_can_be_kept_and_asked_for(cast: Cast, value: float) -> None:
    project = configure.create(
        cast.riverside, cast.mina, name="Skilled", task_type="text_spans", labels=[{"name": "Any"}]
    )
    skill = skills.define(cast.riverside, "Spanish", by=cast.mina)
    with pytest.raises(Problem) as problem:
        skills.grant(cast.alice, skill, value, by=cast.mina)
    assert problem.value.place == "value"
    with pytest.raises(Refused) as refused:
        rules.ask_for(project, skill, by=cast.mina, comparator="at_least", value=value)
    assert refused.value.place == "value"


NUMBERED = {"min_value", "max_value", "max_length", "max_digits", "max_num"}
PLACES = ("projects/web/", "projects/api/", "assist/web/", "taskers/web/")
# Kinds of numbers that are nobody's rule: pages of lists, names of files.
ALONE = {
    "projects/api/serializers.py": {1},
    "taskers/web/forms.py": {200},
    "taskers/web/views/audit.py": {1, 2**62, 120},
    "projects/web/manager/forms/labels.py": {1},
}


def test_no_form_or_serializer_says_a_limit_of_its_own() -> None:
    found = {}
    for path in SOURCES:
        if not named(path).startswith(PLACES):
            continue
        for call in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)):
            for word in call.keywords:
                if word.arg in NUMBERED and not any(isinstance(one, ast.Name) for one in ast.walk(word.value)):
                    value = eval(compile(ast.Expression(word.value), named(path), "eval"), {})
                    if value not in ALONE.get(named(path), ()):
                        found[f"{named(path)}:{call.lineno}"] = (word.arg, value)
    assert not found


def test_pages_let_people_type_as_much_as_is_taken() -> None:
    said = {
        (int(number), named(path))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number in re.findall(r'maxlength="(\d+)"', path.read_text())
    }
    known = {
        value for one in (limits, of_people, asked_fields) for value in vars(one).values() if isinstance(value, int)
    }
    assert said
    assert not sorted(one for one in said if one[0] not in known)


@pytest.mark.parametrize("number", [-1, 2**31, 1.0, True, "1", None])
def test_the_studio_takes_no_version_of_a_draft_that_the_database_could_not_hold(number: object) -> None:
    with pytest.raises(Refused) as problem:
        read_whole_number({"version": number}, "version", limits.VERSION)
    assert problem.value.place == "version"
    assert read_whole_number({"version": 2**31 - 1}, "version", limits.VERSION) == 2**31 - 1
