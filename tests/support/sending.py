"""What a browser sends of a page, without a browser: its forms, each with the fields and buttons that stand in it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile

SILENT = {"submit", "button", "reset", "image", "file"}


@dataclass
class Form:
    """A form as it stands on a page: where it goes, what it says unchanged, and the buttons that send it."""

    page: str
    method: str
    action: str
    id: str = ""
    htmx: bool = False
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def said(self, button: tuple[str, str] | None = None, **changes: Any) -> dict[str, list[Any]]:
        """What it sends by a button, with some fields filled in otherwise."""
        found: dict[str, list[Any]] = {}
        for name, value in [*self.fields, *([button] if button and button[0] else [])]:
            found.setdefault(name, []).append(value)
        return found | {name: [value] for name, value in changes.items()}


@dataclass
class Page:
    """What a page holds of what matters here."""

    forms: list[Form]
    links: list[str]
    ids: set[str]
    alerts: list[str]
    faults: list[tuple[str, str]]  # (what the list of faults says, the field that it leads to)


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.alerts: list[str] = []
        self.faults: list[tuple[str, str]] = []
        self.open: list[dict[str, Any]] = []  # elements that wait for their end
        self.form: Form | None = None
        self.lone: list[tuple[str, str, str]] = []  # fields that name their form
        self.lone_buttons: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "template" or self._within("template"):
            if tag not in {"input", "br", "meta", "link", "img", "hr"}:
                self.open.append({"tag": tag})
            return
        if "id" in said:
            self.ids.add(said["id"])
        if tag == "a" and said.get("href"):
            self.links.append(said["href"])
        if tag == "form":
            method = said.get("method", "get").lower()
            action = urljoin(self.address, said.get("hx-post") or said.get("action") or self.address)
            self.form = Form(self.address, method, action, said.get("id", ""), "hx-post" in said)
            self.forms.append(self.form)
        elif tag == "input":
            self._input(said)
        elif tag in {"select", "textarea", "button", "option"}:
            self.open.append({"tag": tag, "said": said, "text": "", "options": []})
        elif said.get("role") == "alert" or "data-fault" in said or tag == "fieldset":
            self.open.append({"tag": tag, "said": said, "text": ""})
        elif any(one["tag"] == tag for one in self.open):
            self.open.append({"tag": tag})  # so that its end isn't taken for theirs

    def handle_data(self, data: str) -> None:
        for one in self.open:
            if "text" in one:
                one["text"] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        if not self.open or self.open[-1]["tag"] != tag:
            return
        one = self.open.pop()
        said, text = one.get("said"), " ".join(one.get("text", "").split())
        if said is None:
            return
        if tag == "textarea":
            self._field(said, one["text"].removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n"))
        elif tag == "option":
            select = next((other for other in reversed(self.open) if other["tag"] == "select"), None)
            if select is not None:
                select["options"].append((said.get("value", text), "selected" in said, "disabled" in said))
        elif tag == "select":
            self._select(said, one["options"])
        elif tag == "button" and said.get("type", "submit") == "submit" and "disabled" not in said:
            self._button(said)
        elif said.get("role") == "alert" and text and "hidden" not in said:
            self.alerts.append(text)
        if said and "data-fault" in said and tag == "a":
            self.faults.append((text, said.get("href", "")))
        elif said and "data-fault" in said and tag == "span":
            self.faults.append((text, ""))

    def _within(self, tag: str) -> bool:
        return any(one["tag"] == tag for one in self.open)

    def _input(self, said: dict[str, str]) -> None:
        kind = said.get("type", "text").lower()
        if kind in {"submit", "image"}:
            self._button(said)
        if kind == "file" and self.form is not None:
            self.form.files.append(said.get("name", ""))
        if kind not in SILENT and (kind not in {"checkbox", "radio"} or "checked" in said):
            self._field(said, said.get("value", "on" if kind in {"checkbox", "radio"} else ""))

    def _select(self, said: dict[str, str], options: list[tuple[str, bool, bool]]) -> None:
        chosen = [value for value, selected, _off in options if selected]
        if not chosen and "multiple" not in said:
            chosen = [value for value, _selected, off in options if not off][:1]
        for value in chosen if "multiple" in said else chosen[-1:]:
            self._field(said, value)

    def _field(self, said: dict[str, str], value: str) -> None:
        disabled = any("disabled" in one.get("said", {}) for one in self.open if one["tag"] == "fieldset")
        if not said.get("name") or "disabled" in said or disabled:
            return
        if "form" in said:
            self.lone.append((said["form"], said["name"], value))
        elif self.form is not None:
            self.form.fields.append((said["name"], value))

    def _button(self, said: dict[str, str]) -> None:
        if "form" in said:
            self.lone_buttons.append((said["form"], said.get("name", ""), said.get("value", "")))
        elif self.form is not None:
            self.form.buttons.append((said.get("name", ""), said.get("value", "")))


def read(html: str, address: str) -> Page:
    """A page that was found at an address."""
    reader = _Reader(address)
    reader.feed(html)
    reader.close()
    by_id = {one.id: one for one in reader.forms if one.id}
    for key, name, value in reader.lone:
        if key in by_id:
            by_id[key].fields.append((name, value))
    for key, name, value in reader.lone_buttons:
        if key in by_id:
            by_id[key].buttons.append((name, value))
    forms = [one for one in reader.forms if one.method in {"get", "post"}]
    return Page(forms, reader.links, reader.ids, reader.alerts, reader.faults)


def send(client: Any, form: Form, button: tuple[str, str] | None = None, **changes: Any) -> Any:
    """Send it as the browser would: by htmx where the page has htmx send it."""
    data = form.said(button, **changes)
    headers = {"HX-Request": "true", "HX-Current-URL": form.page} if form.htmx else {}
    return client.post(urlsplit(form.action).path or "/", data, headers=headers)


def a_file(name: str, text: str) -> SimpleUploadedFile:
    """A file to send."""
    return SimpleUploadedFile(name, text.encode())
