"""What is wrong with an answer, in words: one sentence per part, in the reader's language."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from projects.inference.gold_check import Difference
from projects.models import Label, Project, Task
from projects.task_types import TASK_TYPES

QUOTED = 60  # characters of a text that a sentence quotes
SIDES = {
    "start": gettext_lazy("start"),
    "end": gettext_lazy("end"),
    "left": gettext_lazy("left side"),
    "top": gettext_lazy("upper side"),
    "right": gettext_lazy("right side"),
    "bottom": gettext_lazy("lower side"),
}


def said(differences: Sequence[Difference], labels: Mapping[str, str], text: str | None) -> list[str]:
    """A sentence for each difference. `labels` gives names by key (of fields, by "field:" and the key); `text` is the
    task's, None for an image."""
    return [_sentence(one, labels, text) for one in differences]


def between(task: Task, before: dict, now: dict) -> list[str]:
    """What the newer of two answers says otherwise: the older one beside the newer, as if that were right."""
    project = task.project
    found = TASK_TYPES[project.task_type].gold_check(before, now, project.settings_now().thresholds).differences
    return said(found, names_in(project), task.payload.get("text"))


def names_in(project: Project) -> dict[str, str]:
    """The names that `said` needs, of all that a project ever had."""
    labels = list(Label.objects.filter(project=project).values_list("key", "name", "attributes"))
    names = {key: name for key, name, _asked in labels}
    names |= {f"attribute:{key}:{one['key']}": one["name"] for key, _name, asked in labels for one in asked}
    return names | {f"field:{one['key']}": one["name"] for one in project.settings_now().fields}


def _sentence(one: Difference, labels: Mapping[str, str], text: str | None) -> str:
    if "field" in one:
        return _of_field(one, labels)
    words = {
        "label": value_said(one["label"], labels),
        "given": value_said(one.get("given", ""), labels),
        "place": place(one.get("at", []), text),
    }
    match one["code"]:
        case "missed":
            return _("Missed: %(label)s, %(place)s.") % words
        case "extra":
            return _("Not to be marked: %(label)s, %(place)s.") % words
        case "wrong-label":
            return _("Wrong label, %(place)s: it is %(label)s, not %(given)s.") % words
        case "wrong-attribute":
            return _of_attribute(one, labels, words)
        case "bounds" | "close":
            return _bounds(one, words, text)
        case _:
            return _("The answer differs from the right one.")


def _of_field(one: Difference, labels: Mapping[str, str]) -> str:
    words = {
        "field": labels.get(f"field:{one['field']}", one["field"]),
        "right": value_said(one["label"], labels),
        "given": value_said(one.get("given", ""), labels),
    }
    match one["code"]:
        case "missed":
            return _("%(field)s: left open; it is “%(right)s”.") % words
        case "extra":
            return _("%(field)s: “%(right)s” isn't asked for.") % words
        case _:
            return _("%(field)s: it is “%(right)s”, not “%(given)s”.") % words


def _of_attribute(one: Difference, labels: Mapping[str, str], words: Mapping[str, str]) -> str:
    given, right = (_plain(value) for value in one.get("values", [None, None]))
    key = one.get("attribute", "")
    said = {**words, "attribute": labels.get(f"attribute:{one['label']}:{key}", key), "given": given, "right": right}
    return _("%(label)s, %(place)s: %(attribute)s is “%(right)s”, not “%(given)s”.") % said


def _plain(value: object) -> str:
    """An attribute's value in words."""
    if value is None:
        return _("left open")
    return (_("yes") if value else _("no")) if isinstance(value, bool) else str(value)


def value_said(value: str | Sequence[str], labels: Mapping[str, str]) -> str:
    """A field's value in words: names of labels, one after the other, or what was filled in."""
    if isinstance(value, str):
        return labels.get(value, value)
    return ", ".join(labels.get(one, one) for one in value)


def _bounds(one: Difference, words: Mapping[str, str], text: str | None) -> str:
    side, off = SIDES.get(one.get("side", ""), ""), one.get("off", 0)
    if text is not None:
        how = ngettext("%(off)d character", "%(off)d characters", off) % {"off": off}
        said = {**words, "side": side, "how": how}
        if one["code"] == "close":
            return _("%(label)s, %(place)s: the %(side)s is off by %(how)s; any overlap counts as right here.") % said
        return _("%(label)s, %(place)s: the %(side)s is off by %(how)s.") % said
    overlap, least = round(100 * one.get("overlap", 0)), round(100 * one.get("least", 0))
    terms = {**words, "side": side, "off": off, "overlap": overlap, "least": least}
    if one["code"] == "close":
        return _("%(label)s, %(place)s: %(overlap)d %% in common; from %(least)d %% on it counts as right.") % terms
    return _("%(label)s, %(place)s: the %(side)s is off by %(off)d px; %(overlap)d %% in common.") % terms


def place(at: Sequence[int], text: str | None) -> str:
    """Where something is: the words of a text, or the part of a picture, readable without seeing it."""
    if text is not None and len(at) == 2:
        quoted = text[at[0] : at[1]]
        quoted = quoted if len(quoted) <= QUOTED else quoted[: QUOTED - 1] + "…"
        return _("“%(quoted)s” (characters %(start)d to %(end)d)") % {"quoted": quoted, "start": at[0], "end": at[1]}
    if len(at) == 4:
        x, y, width, height = at
        return _("at %(x)d, %(y)d (%(width)d × %(height)d px)") % {"x": x, "y": y, "width": width, "height": height}
    return _("somewhere")
