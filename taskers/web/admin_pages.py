"""How rows are shown in the admin: lists and pages in the application's own look, in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from taskers.web.admin_access import OfficeAdmin
from taskers.web.readable import readable

PAGES = 200  # of one list; the database reads and throws away all that comes before a page


@dataclass(frozen=True)
class Told:
    """One thing that is told of a row: its title, how it is read off, and by which column a list sorts by it.

    Tables grow past sorting: a list of theirs sorts only by what an index holds, as its key.
    """

    title: str | Promise
    of: Callable[[Any], object]
    order: str = ""


class Listed(ChangeList):
    """One page of a list, without what it doesn't show; `more` says whether another one follows. Tables grow past
    counting, so nothing is counted."""

    model_admin: "RecordAdmin"
    page_num: int
    more = False
    show_admin_actions = False

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet:
        return super().get_queryset(request, exclude_parameters).defer(*self.model_admin.unlisted)

    def get_results(self, request: HttpRequest) -> None:
        self.page_num = min(max(self.page_num, 1), PAGES)
        before = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[before : before + self.list_per_page + 1])
        self.more = len(rows) > self.list_per_page
        self.result_list = rows[: self.list_per_page]
        self.result_count = len(self.result_list)


class RecordAdmin(OfficeAdmin):
    """Rows that are read as a list of `columns`, and one by one as `facts`."""

    one: str | Promise = ""  # what a row is called
    many: str | Promise = ""
    about: str | Promise = ""  # what the list holds, in a sentence
    columns: Sequence[Told] = ()
    facts: Sequence[Told] = ()
    unlisted: Sequence[str] = ()  # large columns that no list shows
    list_head = ""  # a template that stands above the list

    def name_of(self, row: Any) -> str:
        """What a row's page is headed by."""
        return str(row)

    def fill(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Look up what the rows of a page name only by keys, all at once."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listed]:
        return Listed

    def get_list_display(self, request: HttpRequest) -> list:
        return [_cell(told) for told in self.columns]

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        answer = super().changelist_view(request, self.words() | (extra_context or {}))
        if isinstance(answer, TemplateResponse) and answer.context_data is not None:
            found = answer.context_data["cl"]
            self.fill(request, found.result_list)
            answer.context_data |= listed(found) | {"list_head": self.list_head}
        return answer

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        """One row, to be read."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        self.fill(request, [row])
        facts = [(told.title, readable(told.of(row))) for told in self.facts]
        context = self.admin_site.each_context(request) | self.words()
        context |= {"title": self.name_of(row), "facts": facts, "links": self.links(request, row)}
        return render(request, "admin/record.html", context)

    @method_decorator(require_safe)
    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        return super().history_view(request, object_id, self.words() | (extra_context or {}))

    def links(self, request: HttpRequest, row: Any) -> Sequence[tuple[str, str]]:
        """Where else a row is seen: what the link says, and its address."""
        return ()

    def words(self) -> dict:
        """What the list is called, and where it is: for the head of its pages."""
        names = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return {"title": self.many, "list_name": self.many, "list_url": reverse(names), "about": self.about}


def listed(found: Listed) -> dict:
    """What a list's page shows of it: its head, rows of (address, cells), filters, what finding keeps, the way on."""
    told: Sequence[Any] = found.list_display  # cells, see get_list_display
    order = found.get_ordering_field_columns()
    head = [
        {
            "title": one.short_description,
            "now": order.get(at, ""),
            "url": _order_by(found, at, order.get(at, "")) if getattr(one, "admin_order_field", None) else "",
        }
        for at, one in enumerate(told)
    ]
    asked = [(name, one) for name, many in found.filter_params.items() if name != SEARCH_VAR for one in many]
    goes_on = found.more and found.page_num < PAGES
    return {
        "head": head,
        "rows": [(found.url_for_result(row), _cells(head, told, row)) for row in found.result_list],
        "filters": [(spec, list(spec.choices(found))) for spec in found.filter_specs],
        "asked": asked,
        "previous": found.get_query_string({PAGE_VAR: found.page_num - 1}) if found.page_num > 1 else "",
        "next": found.get_query_string({PAGE_VAR: found.page_num + 1}) if goes_on else "",
        "too_long": found.more and not goes_on,
    }


def _cells(head: Sequence[Mapping], told: Sequence[Callable], row: Any) -> list[tuple[str, str]]:
    return [(str(column["title"]), one(row)) for column, one in zip(head, told, strict=True)]


def _order_by(found: ChangeList, at: int, now: str) -> str:
    return found.get_query_string({ORDER_VAR: f"-{at}" if now == "asc" else str(at)})


def _cell(told: Told) -> Callable[[Any], str]:
    @admin.display(
        description=told.title,  # type: ignore[arg-type]
        ordering=told.order or None,
    )
    def cell(row: Any) -> str:
        return readable(told.of(row))

    return cell


def badge(text: str, look: str = "") -> str:
    """A state, as the application's pages show it; `look` is good, warn, bad, info or "" for none of them."""
    return format_html('<span class="badge dot {}">{}</span>', f"badge--{look}" if look else "", text)


def linked(text: object, url: str) -> str:
    return format_html('<a href="{}">{}</a>', url, text)


def page_of(request: HttpRequest, model: str, key: str) -> str:
    """Where a row of another app is read; "" where the reader sees none, as of one that went into the archive."""
    found = apps.get_model(model)
    if admin.site.get_model_admin(found).get_object(request, key) is None:
        return ""
    return reverse(f"admin:{model.replace('.', '_')}_change", args=[key])


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


class Chosen(admin.ChoicesFieldListFilter):
    """A filter by a field's choices, in the reader's language."""

    def choices(self, changelist: ChangeList) -> Any:
        for one in super().choices(changelist):
            yield one | {"display": _(str(one["display"]))}


def titled(kind: type[admin.FieldListFilter], title: str | Promise) -> type[admin.FieldListFilter]:
    """The same filter, called so."""

    def __init__(self: Any, *given: Any, **more: Any) -> None:
        kind.__init__(self, *given, **more)
        self.title = title

    return type(f"Titled{kind.__name__}", (kind,), {"__init__": __init__})
