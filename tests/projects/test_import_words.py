"""What is wrong with rows of a file is kept in English and read in the language of whoever reads it."""

import csv
import io
import sys

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.urls import reverse
from django.utils import translation

from projects.data import importing
from projects.data.reading.rows import Fault, told
from projects.errors import Refused
from projects.models import Import
from projects.task_types.shape import an_object
from taskers.credentials import tokens
from taskers.errors import reason_again, sentence, where
from tests.support import make
from tests.support.projects.importing import kept, lines, loaded
from tests.support.projects.importing import media as media  # a fixture

pytestmark = pytest.mark.django_db
READER = {"Accept-Language": "es"}
SPANISH = {
    "line 2": "No es JSON: Expecting value.",
    "line 3": "Cada línea tiene que ser un objeto JSON.",
    "line 4": "Falta el campo «text».",
    "line 5": "Aquí se esperaba texto y hay esto: un número.",
    "line 6": "El external_id «a» se usa en línea 1 del mismo archivo para otro contenido;"
    " aquella tarea queda como está.",
}


def spoilt() -> str:
    """A good line, and five each with a trouble of its own."""
    rows = [{"external_id": "a", "text": "One"}, {"external_id": "b"}, {"external_id": "c", "text": 3}]
    good, missing, number = map(lines, rows)
    return "\n".join([good, "nothing", "[1]", missing, number, lines({"external_id": "a", "text": "Another"})])


def program(cast) -> Client:
    _token, secret = tokens.issue(cast.mina, cast.riverside, name="Pipeline")
    return Client(headers=READER | {"Authorization": f"Bearer {secret}"})


def by_line(faults: list[dict]) -> dict[str, str]:
    return {one["place"].split(",")[0]: one["text"] for one in faults}


@pytest.fixture
def made(cast, media) -> Import:
    return loaded(make.batch(make.project(cast.riverside)), spoilt())


def test_refused_rows_are_read_in_spanish_on_their_page_and_by_programs(client: Client, cast, made) -> None:
    assert by_line(made.errors)["line 3"] == "Each line must be one JSON object."
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("import", args=[made.public_id]), headers=READER).content.decode()
    for place, text in SPANISH.items():
        assert text in page and place not in page and place.replace("line", "línea") in page
    answer = program(cast).get(reverse("api-import", args=[made.public_id])).json()
    assert by_line(answer["errors"]) == SPANISH
    assert {tuple(one) for one in answer["errors"]} == {("place", "code", "text")}


def test_the_csv_of_them_stays_as_it_was_kept(client: Client, cast, made) -> None:
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("import-errors", args=[made.public_id]), headers=READER)

    async def whole() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    rows = csv.DictReader(io.StringIO(async_to_sync(whole)().decode()))
    assert {one["place"].split(",")[0]: one["text"] for one in rows} == by_line(made.errors)


def test_a_plan_tells_its_problems_in_spanish_too(client: Client, cast, media) -> None:
    looked = kept(make.batch(make.project(cast.riverside)), spoilt())
    Import.objects.filter(pk=looked.pk).update(stop=Import.Stop.ALWAYS)
    assert importing.run(looked.pk).state == "planned"
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("import", args=[looked.public_id]), headers=READER).content.decode()
    plan = program(cast).get(reverse("api-import", args=[looked.public_id])).json()["plan"]
    for line in ("line 2", "line 3"):
        assert SPANISH[line] in page and by_line(plan["problems"])[line] == SPANISH[line]


def test_a_whole_file_that_failed_says_why_in_spanish(client: Client, cast, media, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules[importing.run.__module__], "MOST_ERRORS", 5)
    failed = loaded(make.batch(make.project(cast.riverside)), spoilt())
    assert failed.reason == "5 rows were refused; what comes after them was not read."
    client.force_login(cast.mina, "django.contrib.auth.backends.ModelBackend")
    spanish = "Se rechazaron 5 filas; lo que viene después de ellas no se leyó."
    page = client.get(reverse("import", args=[failed.public_id]), headers=READER).content.decode()
    assert spanish in page and failed.reason not in page
    assert program(cast).get(reverse("api-import", args=[failed.public_id])).json()["reason"] == spanish
    importing.go_on(failed)
    failed.refresh_from_db()
    assert (failed.why, failed.reason_of) == ("", {}), "it is tried again"


@pytest.mark.parametrize(
    ("place", "spanish"),
    [
        ("line 14", "línea 14"),
        ("set.json, line 3, column 12", "set.json, línea 3, columna 12"),
        ("row 2, spans[0].label", "fila 2, spans[0].label"),
        ("column Name of it", "columna Name of it"),
        ("line up.txt", "line up.txt"),
        ("part 2.jpg, track 7", "part 2.jpg, pista 7"),
        ("", ""),
    ],
)
def test_where_it_is_names_files_and_fields_as_they_are(place: str, spanish: str) -> None:
    assert where(place) == place
    with translation.override("es"):
        assert where(place) == spanish


def test_a_reason_is_said_with_its_place_whether_or_not_it_has_values() -> None:
    for problem, spanish in (
        (Refused("The file is empty.", place="line 1"), "El archivo está vacío. (línea 1)"),
        (
            Refused("There is no label “%(said)s” above this one to lie under.", place="labels", said="A"),
            "Encima de esta no hay ninguna etiqueta «A» de la que pueda depender. (labels)",
        ),
    ):
        english, kept_of_it = problem.text, problem.kept()
        with translation.override("es"):
            assert reason_again(english, kept_of_it) == spanish
            assert reason_again("As an older version kept it (line 3)", {}) == "As an older version kept it (line 3)"


def test_a_sentence_keeps_what_is_a_word_of_ours_apart_from_what_strangers_wrote() -> None:
    with pytest.raises(Refused) as refused:
        an_object(3, "answer", ())
    ours = Fault.of(refused.value, "line 1").kept()
    theirs = Fault("line 2", "label-left-out", sentence("The label “%(name)s” is left out.", name="a number")).kept()
    assert told(ours)["text"] == "Expected an object here, found a number."
    with translation.override("es"):
        assert told(ours)["text"] == "Aquí se esperaba un objeto y hay esto: un número."
        assert told(theirs)["text"] == "La etiqueta «a number» se deja fuera."
        assert told({"place": "", "code": "", "text": "As somebody wrote it."})["text"] == "As somebody wrote it."


def test_what_older_versions_kept_is_said_in_the_readers_language_still() -> None:
    of_old = {
        "place": "line 3",
        "code": "no-place",
        "text": "This task type has no place for notes; there are 2 (line 3, line 4).",
        "template": "This task type has no place for %(what)s; there are %(number)s%(where)s.",
        "values": {"what": "notes", "number": "2", "where": " (line 3, line 4)"},
        "words": ["what"],
    }
    with translation.override("es"):
        assert told(of_old)["text"] == "Este tipo de tarea no tiene sitio para notas; hay 2 (line 3, line 4)."
