"""Instructions in more than one language: kept with the settings, shown to whoever reads them."""

import pytest
from django.test import Client

from projects.configuration import configure, instructions
from projects.errors import Refused
from projects.web.annotator import work_json
from taskers.models import Person, Skill
from taskers.skills import skills
from tests.support import make
from tests.support.projects.managing import FORM, changed, page, signed_in
from tests.support.projects.pipeline import Api, refused

pytestmark = pytest.mark.django_db

ENGLISH, SPANISH, FRENCH = "Mark **names**.", "Marca los **nombres**.", "Marque les **noms**."


@pytest.fixture
def project(cast):
    project = make.project(cast.riverside, instructions=ENGLISH, instructions_by_language={"es": SPANISH})
    make.task(make.batch(project))
    return project


def claimed(person, project, language: str) -> dict:
    client = Client(headers={"Accept-Language": language})
    client.force_login(person)
    answer = client.post(f"/studio/{project.public_id}/claim", {}, content_type="application/json")
    return answer.json()["assignment"]["project"]


def test_a_tasker_reads_them_in_the_language_of_their_pages(cast, project) -> None:
    alice = signed_in(cast.alice)
    alice.post("/profile/", {"name": "Alice", "time_zone": "UTC", "language": "es"})
    shown = claimed(cast.alice, project, "en")
    assert shown["instructions_html"] == "<p>Marca los <strong>nombres</strong>.</p>\n"
    assert shown["instructions_language"] == "es"


@pytest.mark.parametrize(("asked", "words"), [("es-MX", "Marca"), ("fr", "Mark"), ("en", "Mark")])
def test_who_chose_no_language_reads_what_the_browser_asks_for(cast, project, asked: str, words: str) -> None:
    shown = claimed(cast.alice, project, asked)
    assert shown["instructions_html"].startswith(f"<p>{words} ")
    assert shown["instructions_language"] == ("es" if words == "Marca" else "")


def test_a_language_that_no_page_can_be_in_reaches_those_who_declare_it(cast, project) -> None:
    french = skills.define(cast.riverside, "French", kind=Skill.Kind.LANGUAGE)
    both = {"es": SPANISH, french.key: FRENCH}
    configure.change(project, None, instructions_by_language=both)
    now = project.settings_now()
    assert instructions.for_reader(now, cast.alice) == ("", ENGLISH)
    skills.grant(cast.alice, french, by=cast.olga)
    assert instructions.for_reader(now, cast.alice) == ("french", FRENCH)
    assert work_json.project_json(project, now, cast.alice)["instructions_language"] == ""


def test_a_manager_who_tries_a_task_reads_them_too(cast, project) -> None:
    mina = Client(headers={"Accept-Language": "es"})
    mina.force_login(cast.mina)
    tried = mina.post(f"/studio/{project.public_id}/try", {}, content_type="application/json").json()
    assert "Marca" in tried["assignment"]["project"]["instructions_html"]


def test_a_change_of_another_setting_keeps_them_and_each_version_its_own(cast, project) -> None:
    configure.change(project, None, wanted=3)
    assert project.settings_now().instructions_by_language == {"es": SPANISH}
    configure.change(project, None, instructions_by_language={"es": " "})
    assert project.settings_now().instructions_by_language == {}
    assert project.settings.get(version=1).instructions_by_language == {"es": SPANISH}


@pytest.mark.parametrize("said", [{"xx": "?"}, {"es": 5}, {"es": "x" * 50_001}, ["es"], "es"])
def test_what_is_no_language_or_no_text_is_refused(project, said: object) -> None:
    with pytest.raises(Refused) as refused:
        configure.change(project, None, instructions_by_language=said)
    assert refused.value.place.startswith("instructions_by_language")
    assert project.settings_now().version == 1


def test_a_manager_adds_a_language_in_the_settings(cast, project) -> None:
    mina = signed_in(cast.mina)
    skills.define(cast.riverside, "French", kind=Skill.Kind.LANGUAGE)
    shown = mina.get(page("project-settings", project.public_id)).content.decode()
    assert "Instructions in Español" in shown and SPANISH in shown and "Instructions in French" in shown
    form = changed(project, instructions_es=SPANISH + "\r\nTodos.", instructions_french=FRENCH)
    assert mina.post(page("project-settings", project.public_id), form).status_code == 302
    assert project.settings_now().instructions_by_language == {"es": SPANISH + "\nTodos.", "french": FRENCH}


def test_a_new_project_may_have_them_from_the_beginning(cast) -> None:
    signed_in(cast.mina).post(page("project-new"), FORM | {"instructions_es": "Marca **barcos**."})
    made = cast.riverside.projects.get(name="Ships")
    assert made.settings_now().instructions_by_language == {"es": "Marca **barcos**."}


def test_programs_give_and_get_them(cast) -> None:
    mina = Api(cast.mina, cast.riverside)
    said = {"name": "Ships", "task_type": "text_spans", "labels": [{"name": "Ship"}]}
    made = mina.post("projects", body=said | {"instructions_by_language": {"es": SPANISH}})
    assert made.json()["settings"]["instructions_by_language"] == {"es": SPANISH}
    unknown = said | {"name": "Boats", "instructions_by_language": {"xx": "?"}}
    refused(mina.post("projects", body=unknown), 422, "unknown-language", "instructions_by_language")


def test_a_program_is_answered_in_the_language_of_its_person(cast, project) -> None:
    Person.objects.filter(pk=cast.alice.pk).update(language="es")
    alice = Api(cast.alice, cast.riverside)
    shown = alice.post("claim", project.public_id).json()["assignment"]
    assert shown["project"]["instructions_html"].startswith("<p>Marca ")
    said = {"token": shown["token"], "answer": {"spans": 5}}
    problem = refused(alice.post("submit", shown["id"], body=said), 422, "wrong-shape", "spans")
    assert problem["detail"] == "Aquí se esperaba una lista y hay esto: un número."


def test_the_preview_is_of_the_text_that_is_typed_in(cast) -> None:
    said = {"instructions": "English", "instructions_es": "Español"}
    typed = {"HX-Request": "true", "HX-Trigger-Name": "instructions_es"}
    shown = signed_in(cast.mina).post(page("instructions-preview"), said, headers=typed).content.decode()
    assert "Español" in shown and "English" not in shown
