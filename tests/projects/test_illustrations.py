"""Pictures in the instructions: put in beside the text, shown to who reads it, and said to be gone when they are."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from projects.configuration import configure, illustrations
from projects.data.media import assets
from projects.data.media.illustrate import illustrate
from projects.errors import Refused
from projects.models import Asset, Illustration, ProjectTemplate, limits
from projects.quality.qualification import feedback, qualification_tests
from projects.workflow import project_copies, submission
from taskers.errors import StateConflict
from taskers.skills import skills
from tests.support import make, sending
from tests.support.projects.courses import course
from tests.support.projects.managing import changed, page, signed_in
from tests.support.projects.pipeline import Api, Office

pytestmark = pytest.mark.django_db

TEXT = "Mark the tail.\n\n![A tail that counts](tail)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """A media folder of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def project(cast):
    project = make.project(cast.riverside, "Tails", instructions=TEXT)
    make.tasks(make.batch(project), 3)
    return project


@pytest.fixture
def mina(cast) -> Client:
    return signed_in(cast.mina)


def added(project, by, name: str = "tail", alt: str = "A long tail", side: int = 4) -> Illustration:
    return illustrate(project, make.bitmap(side, side), name=name, alt=alt, by=by)


def read_by(person, project) -> str:
    """The instructions as they come to the studio with a task."""
    answer = signed_in(person).post(f"/studio/{project.public_id}/claim", {}, content_type="application/json")
    return answer.json()["assignment"]["project"]["instructions_html"]


def on_the_page(client, project, action: str) -> sending.Form:
    address = page("project-settings", project.public_id)
    shown = sending.read(client.get(address).content.decode(), address)
    return next(one for one in shown.forms if one.action.endswith(action))


def test_a_manager_puts_a_picture_in_by_the_pages_own_form_and_its_tasker_sees_it(cast, mina, project) -> None:
    form = on_the_page(mina, project, "settings/pictures/")
    file = SimpleUploadedFile("A Tail.bmp", make.bitmap(4, 3))
    answer = sending.send(mina, form, file=file, alt=" A long  tail ", name="tail")
    assert answer.status_code == 200 and "![](tail)" in answer.content.decode()
    kept = project.illustrations.get()
    assert (kept.asset.media_type, kept.asset.width, kept.asset.height) == ("image/png", 4, 3), "encoded again"
    address = page("illustration", kept.public_id)
    assert f'<img src="{address}" alt="A tail that counts" width="4" height="3" loading="lazy">' in read_by(
        cast.alice, project
    )
    shown = signed_in(cast.alice).get(address)
    assert shown.status_code == 200 and shown["Content-Type"] == "image/png"
    assert shown["X-Content-Type-Options"] == "nosniff"
    beside = signed_in(cast.alice).get(page("studio-examples", project.public_id)).json()
    assert address in beside["instructions_html"]
    preview = mina.post(page("project-instructions-preview", project.public_id), {"instructions": "![](tail)"})
    assert 'alt="A long tail"' in preview.content.decode(), "where the text says nothing, what was said of the picture"


def test_without_javascript_the_form_leads_back_to_the_settings_and_says_what_is_wrong(mina, project) -> None:
    to = page("illustration-add", project.public_id)
    answer = mina.post(to, {"file": SimpleUploadedFile("tail.bmp", make.bitmap())}, follow=True)
    assert answer.redirect_chain[-1][0] == page("project-settings", project.public_id)
    assert "This field is required." in answer.content.decode() and not Illustration.objects.exists()
    mina.post(to, {"file": SimpleUploadedFile("Red Tail.bmp", make.bitmap()), "alt": "Red"})
    assert project.illustrations.get().name == "red-tail"


def test_strangers_and_neighbours_find_no_picture_and_members_without_the_work_may_not(cast, project) -> None:
    address = page("illustration", added(project, cast.mina).public_id)
    found = {who: signed_in(getattr(cast, who)).get(address).status_code for who in ("rita", "mina", "nora", "finn")}
    assert found == {"rita": 200, "mina": 200, "nora": 404, "finn": 403}
    assert signed_in(cast.sam).get(address).status_code == 404
    assert Client().get(address, headers={"Accept": "application/json"}).status_code == 401


def bomb() -> bytes:
    """A header that promises more pixels than may be decoded."""
    file = io.BytesIO()
    Image.new("1", (1, 1)).save(file, "BMP")
    data = bytearray(file.getvalue())
    data[18:26] = (60_000).to_bytes(4, "little") * 2
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "said", "code", "place"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', {}, "not-an-image", "file"),
        (bomb(), {}, "too-many-pixels", "file"),
        (b"", {}, "empty-file", "file"),
        (b"BM" + b"x" * limits.ILLUSTRATION_BYTES, {}, "too-large", "file"),
        (make.bitmap(), {"alt": " \x00"}, "no-alt", "alt"),
        (make.bitmap(), {"alt": "x" * (limits.ALT + 1)}, "too-long", "alt"),
        (make.bitmap(), {"name": "../tail"}, "bad-name", "name"),
        (make.bitmap(), {"name": ""}, "bad-name", "name"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_safe_picture_or_says_nothing_is_refused_by_name(cast, project, data, said, code, place) -> None:
    with pytest.raises(Refused) as refused:
        illustrate(project, data, by=cast.mina, **({"name": "tail", "alt": "A tail"} | said))
    assert (refused.value.code, refused.value.place) == (code, place)
    assert not Illustration.objects.exists() and not Asset.objects.exists()


def test_a_project_holds_so_many_pictures_and_no_name_twice(cast, project, monkeypatch) -> None:
    added(project, cast.mina)
    with pytest.raises(StateConflict) as taken:
        added(project, cast.mina, side=5)
    assert taken.value.code == "name-taken"
    monkeypatch.setattr(limits, "ILLUSTRATIONS", 1)
    with pytest.raises(Refused, match="at most 1") as refused:
        added(project, cast.mina, "other")
    assert refused.value.code == "too-many"
    illustrations.remove(project, "tail", by=cast.mina)
    with pytest.raises(StateConflict):
        added(project, cast.mina)  # older versions of the text mean another one
    added(project, cast.mina, "other")


def test_only_the_projects_own_pictures_are_shown_and_what_is_gone_says_so(cast, mina, project) -> None:
    added(make.project(cast.riverside, "Ears"), cast.mina, "ear")
    text = "![a](https://example.com/x.png) ![b](/media/x) ![c](ear) ![d](data:image/png;base64,AAAA) ![e<i>](tail)"
    to = page("project-instructions-preview", project.public_id)
    kept = added(project, cast.mina)
    shown = mina.post(to, {"instructions": text}).content.decode()
    assert shown.count("<img") == 1 and page("illustration", kept.public_id) in shown
    assert (
        "example.com" not in shown.replace("“https://example.com/x.png”", "")
        and shown.count("There is no picture") >= 3
    )
    form = on_the_page(mina, project, "settings/pictures/remove/")
    answer = sending.send(mina, form, form.buttons[0])
    assert answer.status_code == 200 and "illustrations__one" not in answer.content.decode()
    assert "A picture was removed here: A tail that counts" in read_by(cast.alice, project)
    assert signed_in(cast.alice).get(page("illustration", kept.public_id)).status_code == 404
    again = mina.post(
        page("illustration-remove", project.public_id), {"picture": "tail"}, headers={"HX-Request": "true"}
    )
    assert again.status_code == 422 and "This picture was removed." in again.content.decode()


def test_copies_and_templates_keep_the_pictures_though_the_project_loses_them(cast, mina, project) -> None:
    added(project, cast.mina)
    template = project_copies.keep_template(project, "Ours", by=cast.mina)
    copy = project_copies.clone(project, "Tails again", by=cast.mina)
    illustrations.remove(project, "tail", by=cast.mina)
    assert assets.collect(before=timezone.now() + timedelta(days=1)) == 0, "template and copy need it"
    make.task(make.batch(copy))
    assert "<img" in read_by(cast.alice, copy)
    begun = f"{page('project-new')}?template={template.public_id}"
    assert page("illustration", template.illustrations.get().public_id) in mina.get(begun).content.decode()
    after = project_copies.from_template(template, "After it", by=cast.mina)
    assert "<img" in mina.get(page("project-settings", after.public_id)).content.decode()
    for one in (copy, after):
        illustrations.remove(one, "tail", by=cast.mina)
    project_copies.remove_template(ProjectTemplate.objects.get(), by=cast.mina)
    assert assets.collect(before=timezone.now() + timedelta(days=1)) == 2, "the picture and its thumbnail"


def test_texts_without_pictures_ask_the_database_nothing(cast, project, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert illustrations.called_in("Mark the **tail**.", project) == []
    with django_assert_num_queries(1):
        assert illustrations.called_in(TEXT, project) == []


def test_the_settings_read_their_pictures_once_and_list_what_is_there(mina, cast, project) -> None:
    added(project, cast.mina, alt="A [long] tail")
    added(project, cast.mina, "ear", side=5)
    illustrations.remove(project, "ear", by=cast.mina)
    configure.change(project, cast.mina, instructions=TEXT + "![](ear)")
    with CaptureQueriesContext(connection) as asked:
        shown = mina.get(page("project-settings", project.public_id)).content.decode()
    assert len([one for one in asked if 'FROM "projects_illustration"' in str(one["sql"])]) == 1
    assert len(asked) <= 12, "as without a picture in the text (test_pages.py)"
    assert shown.count("illustrations__one") == 1 and "<code>![](tail)</code>" in shown
    assert "A picture was removed here" in shown, "the text says what its list doesn't"


def test_what_became_of_a_picture_is_said_outside_what_is_swapped_and_focus_finds_a_place(mina, cast, project) -> None:
    added(project, cast.mina)
    assert " autofocus" not in mina.get(page("project-settings", project.public_id)).content.decode()
    gone = page("illustration-remove", project.public_id)
    shown = mina.post(gone, {"picture": "tail"}, headers={"HX-Request": "true"}).content.decode()
    section, _, after = shown.partition("</section>")
    assert '<p id="effect-said" hx-swap-oob="innerHTML">“tail” is removed.' in after
    assert 'tabindex="-1" autofocus' in section and 'id="adds-picture"' in section


def test_settings_are_saved_past_the_pictures_beside_them(mina, cast, project) -> None:
    added(project, cast.mina)
    mina.post(page("project-settings", project.public_id), changed(project, instructions=TEXT + "Both."))
    assert (project.settings_now().instructions, project.illustrations.count()) == (TEXT + "Both.", 1)
    configure.change(project, cast.mina, instructions="")
    assert project.illustrations.count() == 1, "an older version may call it"


def test_programs_add_list_fetch_and_remove_pictures(cast, project) -> None:
    mina = Office(cast.mina, cast.riverside)
    file = SimpleUploadedFile("tail.bmp", make.bitmap(2, 2))
    made = mina.client.post(page("api-illustrations", project.public_id), {"file": file, "alt": "A tail"})
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["name"], said["alt"], said["width"], said["removed_at"]) == ("tail", "A tail", 2, None)
    fetched = Api(cast.alice, cast.riverside).get("illustration-media", said["id"])
    assert fetched.status_code == 200 and fetched["Content-Type"] == "image/png"
    assert Api(cast.nora, cast.hilltop).get("illustration-media", said["id"]).status_code == 404
    assert mina.send("DELETE", "illustration", project.public_id, "tail").status_code == 204
    (listed,) = mina.get("illustrations", project.public_id).json()["results"]
    assert listed["removed_at"] and listed["width"] is None


def test_why_an_item_of_a_course_is_right_is_shown_in_pictures_to_whoever_takes_it(cast, project, mina) -> None:
    added(project, cast.mina)
    kept = course(project.batches.get(), skills.define(cast.riverside, "Tails"), cast, 1)
    qualification_tests.explain(kept[0], "So long: ![](tail) and ![](gone)", shown=True, by=cast.mina)
    mine = make.held(cast.alice, project)
    step = submission.submit(mine, cast.alice, mine.token, make.OSLO)
    (item,) = (feedback.of(mine, step) or {})["items"]
    shown = f'<img src="{page("illustration", project.illustrations.get().public_id)}" alt="A long tail"'
    assert shown in item["explanation_html"] and "There is no picture “gone” here" in item["explanation_html"]
    assert shown in mina.get(page("project-course", project.public_id)).content.decode()
    (item,) = mina.get(page("course-preview", project.public_id)).context["items"]
    assert shown in item["explanation_html"]
