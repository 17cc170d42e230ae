"""A second language, whole: its catalogues are of this code, complete, compiled, and reach the pages."""

import ast
import gettext
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from assist.errors import TEXTS
from projects.errors import Refused
from projects.task_types.shape import an_object
from tests.support import catalogues, make

TEXT = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[\d\]) (".*")$', re.M)


def entries(name: str) -> list[tuple[str, str]]:
    """What stands in the written catalogue: (kind, text), without its head."""
    written = (catalogues.CATALOGUES / f"{name}.po").read_text(encoding="utf-8").split("\n\n", 1)[1]
    return [(kind, ast.literal_eval(text)) for kind, text in TEXT.findall(written)]


@pytest.mark.parametrize(("name", "at_least"), [("django", 3000), ("djangojs", 450)])
def test_all_that_is_said_is_translated(name: str, at_least: int) -> None:
    """What is listed here is new: `python -m tests.support.catalogues` puts it into the catalogue."""
    assert len(catalogues.said(name)) > at_least
    assert catalogues.missing(name) == []


@pytest.mark.parametrize("name", catalogues.SAID)
def test_what_is_translated_is_still_said(name: str) -> None:
    said = catalogues.said(name)
    assert [text for text in catalogues.written(name)[1] if text not in said] == []
    assert [text for kind, text in entries(name) if kind == "msgid_plural" and text not in said.values()] == []


def test_what_is_said_is_found_wherever_it_stands() -> None:
    pages, studio = catalogues.said("django"), catalogues.said("djangojs")
    assert pages["%(left)s task"] == "%(left)s tasks"  # a page's block
    assert {"95 %% interval", "verb\4Open", "The tasker"} <= pages.keys()  # a page's words, and in a tag's argument
    assert pages["%(count)d minute"] == "%(count)d minutes"  # Python
    assert {"This task already has a verdict.", "There is already a project named %(name)r."} <= pages.keys()  # refused
    assert {"A newer question took this one's place.", "As soon as the task opens"} <= pages.keys()  # a table, choices
    assert studio["{count} mark"] == "{count} marks"
    assert {"All agree", "Left out"} <= studio.keys()  # one of several that a module may say


def test_what_an_error_says_is_a_whole_sentence() -> None:
    """The first line of its docstring alone is said."""
    assert len(catalogues.errors()) > 60
    assert {name: words for name, words in catalogues.errors().items() if words and words[-1] not in ".?"} == {}


@pytest.mark.parametrize("name", catalogues.SAID)
def test_the_compiled_catalogue_is_the_written_one(name: str) -> None:
    with open(catalogues.CATALOGUES / f"{name}.mo", "rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    written = [text for kind, text in entries(name) if kind.startswith("msgstr")]
    assert sorted(written) == sorted(text for key, text in compiled.items() if key)


@pytest.mark.parametrize("name", catalogues.SAID)
def test_names_in_braces_are_kept(name: str) -> None:
    names = re.compile(r"\{\w+\}|%\(\w+\)[a-z]")
    last = ""
    for kind, text in entries(name):
        if kind.startswith("msgid"):
            last = text
        elif kind in {"msgstr", "msgstr[1]"}:
            assert set(names.findall(text)) == set(names.findall(last)), last


QUOTATION_MARKS = re.compile("[“”]")
TRANSLATED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}|{[%#].*?[%#]}", re.S)
UNTRANSLATED_LITERAL = re.compile(r"(?<!say\()`[^`\n]*“")


def test_quotation_marks_are_the_readers() -> None:
    """In Spanish texts stand between « and », so the marks are part of what is translated."""
    templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
    assert [str(path) for path in templates if QUOTATION_MARKS.search(TRANSLATED.sub("", path.read_text()))] == []
    modules = Path(settings.BASE_DIR, "static", "js").rglob("*.js")
    assert [str(path) for path in modules if UNTRANSLATED_LITERAL.search(path.read_text())] == []
    for name in catalogues.SAID:
        texts = [text for kind, text in entries(name) if kind.startswith("msgstr")]
        assert [text for text in texts if QUOTATION_MARKS.search(text)] == []


PROBLEMS = {"Refused", "Problem", "StateConflict", "NotFound", "NotAllowed", "OwnWork", "TooLarge", "CopilotError"}
PROBLEMS |= {"BadDispute", "BadOrganization", "BadInvitation", "KeyReused"}


def refusals(pattern: str) -> Iterator[tuple[str, ast.expr]]:
    """What each refusal of these files says: (where, the sentence), through a name to what it stands for."""
    for file in sorted(Path(settings.BASE_DIR).glob(pattern)):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
            named = [one for one in ast.walk(function) if isinstance(one, ast.Assign)]
            for call in (one for one in ast.walk(function) if isinstance(one, ast.Call) and one.args):
                if getattr(call.func, "id", "") not in PROBLEMS:
                    continue
                words = call.args[0]
                for one in (one for one in named if one.lineno < call.lineno and isinstance(words, ast.Name)):
                    words = one.value if getattr(one.targets[0], "id", "") == words.id else words
                yield f"{file.relative_to(settings.BASE_DIR)}:{call.lineno}", words


def sentences(words: ast.expr) -> set[str]:
    return {one.value for one in ast.walk(words) if isinstance(one, ast.Constant) and " " in str(one.value)}


def test_no_refusal_is_put_together_where_no_catalogue_can_find_it() -> None:
    found = dict(refusals("projects/**/*.py")) | dict(refusals("taskers/**/*.py"))
    assert len(found) > 170
    assert [where for where, words in found.items() if isinstance(words, (ast.JoinedStr, ast.BinOp))] == []


def test_all_that_a_room_refuses_and_the_copilot_cannot_is_said_in_spanish() -> None:
    translated = {text for kind, text in entries("django") if kind == "msgid"}
    said = {one for _where, words in refusals("projects/task_types/*.py") for one in sentences(words)}
    assert len(said) > 60
    assert (said | set(TEXTS.values())) - translated == set()


def test_a_refusal_is_said_with_its_values_in_the_readers_language() -> None:
    with pytest.raises(Refused) as refused:
        an_object(5, "regions[2]", ())
    with translation.override("en"):
        assert refused.value.text == str(refused.value) == "Expected an object here, found a number."
    with translation.override("es"):
        assert refused.value.as_json()["detail"] == "Aquí se esperaba un objeto y hay esto: un número."


def test_a_value_is_never_taken_for_a_word_of_ours() -> None:
    """A label may be called like something that the catalogue knows, or hold a per cent sign."""
    problem = Refused("This project has no label “%(value)s”.", value="text")
    with translation.override("es"):
        assert problem.text == "Este proyecto no tiene ninguna etiqueta «text»."
        assert Refused("Only 5 % of it.").text == "Only 5 % of it."
        assert Refused("This project has no label “%(value)s”.", value="100 %(x)s").text.endswith("«100 %(x)s».")


@pytest.mark.django_db
def test_alice_chooses_a_language_and_keeps_it(client: Client, cast) -> None:
    client.force_login(cast.alice)
    project = make.project(cast.riverside)
    done = client.post("/profile/", {"name": "Alice", "time_zone": "UTC", "language": "es"})
    assert (done.status_code, done["Location"]) == (302, "/profile/")
    profile = client.get("/profile/").content.decode()
    assert '<html lang="es"' in profile and "Idioma" in profile
    studio = client.get(f"/studio/{project.public_id}/").content.decode()
    assert "Enviar" in studio and "Saltar" in studio
    catalogue = client.get("/jsi18n/").content.decode()
    assert "Guardando" in catalogue


@pytest.mark.django_db
def test_pages_that_others_bring_address_alice_as_all_others_do(client: Client, cast) -> None:
    places = [Path(found.origin).parent for name in ("allauth", "django.contrib.auth") if (found := find_spec(name))]  # type: ignore[arg-type]
    theirs = [gettext.translation("django", place / "locale", ["es"])._catalog for place in places]  # type: ignore[attr-defined]
    assert {one for one in catalogues.BORROWED if not any(one in catalogue for catalogue in theirs)} == set()
    client.force_login(cast.alice)
    client.post("/profile/", {"name": "Alice", "time_zone": "UTC", "language": "es"})
    for page in ("/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/2fa/"):
        shown = client.get(page).content.decode()
        assert re.search(r"(?i)\b(sus?|usted|introduzca|desea)\b", re.sub(r"<[^>]*>", " ", shown)) is None, page
    assert (
        "Tu contraseña debe tener al menos 12 caracteres." in client.get("/accounts/password/change/").content.decode()
    )


@pytest.mark.django_db
def test_alice_is_refused_in_her_language(client: Client, cast) -> None:
    client.force_login(cast.alice)
    project = make.project(cast.riverside)
    client.post("/profile/", {"name": "Alice", "time_zone": "UTC", "language": "es"})
    nothing = client.post(f"/studio/{project.public_id}/claim", {}, content_type="application/json").json()
    assert nothing["nothing"]["text"] == "Todavía no hay tareas aquí."
    missing = f"/studio/assignments/{project.public_id}/heartbeat"
    answer = client.post(missing, {}, content_type="application/json").json()
    assert answer["code"] == "not-found" and answer["detail"].startswith("No hay nada en esta dirección")
    client.logout()
    refused = client.post(missing, {}, content_type="application/json", headers={"Accept-Language": "es"}).json()
    assert refused["code"] == "signed-out" and refused["detail"].startswith("Tu sesión ha terminado")
