"""Places that data is loaded from: a bucket (moto's server plays it), a list of addresses, a folder on the server."""

import hashlib
import logging
from collections import Counter

import boto3
import pytest
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer
from werkzeug.wrappers import Request

from projects.data import importing
from projects.data.connectors import bucket as bucket_list
from projects.data.connectors import saved, urls
from projects.data.importing import storing
from projects.errors import Refused
from projects.models import Asset, Connector, Import, SeenFile, Task
from taskers.credentials import secret_box
from taskers.errors import StateConflict
from taskers.outbound.fetching import Fetching
from tests.support import make
from tests.support.projects.importing import media as media  # a fixture
from tests.support.projects.importing import picture

pytestmark = pytest.mark.django_db

SECRET = "s3cr3t-that-nobody-sees"


class Asked:
    """What the bucket's server was asked, by verb and address."""

    def __init__(self, app) -> None:
        self._app = app
        self.calls: list[tuple[str, str]] = []
        self.before: dict[int, object] = {}  # number of a call -> what the server does instead
        self.where: dict[str, object] = {}  # a part of an address -> the same

    def __call__(self, environ, start_response):
        request = Request(environ)
        number = len(self.calls)
        self.calls.append((request.method, request.full_path))
        instead = next((does for part, does in self.where.items() if part in request.full_path), self._app)
        return self.before.get(number, instead)(environ, start_response)

    def counted(self) -> Counter[str]:
        """How often objects were asked by each verb, and how often the list was ("LIST")."""
        return Counter("LIST" if "list-type" in path else verb for verb, path in self.calls)


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(moto):
    """A fresh bucket, and what it is asked from now on."""
    host, port = moto.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="AKIA", aws_secret_access_key=SECRET, region_name="us-east-1"
    )
    client.create_bucket(Bucket="photos")
    asked = Asked(moto._server.app)
    moto._server.app = asked
    client.endpoint, client.asked = endpoint, asked
    yield client
    moto._server.app = asked._app
    for one in client.list_objects_v2(Bucket="photos").get("Contents", ()):
        client.delete_object(Bucket="photos", Key=one["Key"])
    client.delete_bucket(Bucket="photos")


@pytest.fixture
def allowed(settings):
    """The operator allows this machine by plain http."""
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1"], ["127.0.0.1"]


@pytest.fixture
def photos(cast, media):
    project = make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}], wanted=1)
    return make.batch(project)


def put(client, *names: str) -> None:
    for shade, name in enumerate(names):
        client.put_object(Bucket="photos", Key=name, Body=picture(shade * 7 % 250, size=(30 + len(name), 20)))


def kept_bucket(cast, client, **given: str) -> Connector:
    terms = {"endpoint": client.endpoint, "bucket": "photos", "key": "AKIA", "secret": SECRET} | given
    connector = saved.add(cast.riverside, "s3", "Photos", terms, by=cast.mina)
    client.asked.calls.clear()  # the question that it was added with
    return connector


def loaded_from(connector: Connector, batch) -> Import:
    return importing.run(importing.receive_from(connector, batch, by=None).pk)


def names() -> set[str]:
    return set(Task.objects.values_list("external_id", flat=True))


@pytest.mark.usefixtures("allowed")
def test_bucket_is_loaded_and_then_only_what_is_new_anywhere_in_the_order(cast, bucket, photos):
    put(bucket, "b.png", "cats/a.png", "d.png")
    kept = kept_bucket(cast, bucket)
    done = loaded_from(kept, photos)
    assert (done.state, done.loaded, done.expected, done.reason) == ("done", 3, 3, "")
    put(bucket, "a.png", "cats/b.png", "z.png")
    bucket.asked.calls.clear()
    again = loaded_from(kept, photos)
    assert (again.loaded, again.known, again.refused) == (3, 0, 0)
    assert names() == {"b.png", "cats/a.png", "d.png", "a.png", "cats/b.png", "z.png"}
    objects = [path for verb, path in bucket.asked.calls if "list-type" not in path]
    assert sorted(path.split("?")[0] for path in objects) == ["/photos/a.png", "/photos/cats/b.png", "/photos/z.png"]
    assert "HEAD" not in bucket.asked.counted()


@pytest.mark.usefixtures("allowed")
def test_nothing_new_is_found_by_the_list_alone(cast, bucket, photos):
    put(bucket, "a.png")
    kept = kept_bucket(cast, bucket)
    loaded_from(kept, photos)
    bucket.asked.calls.clear()
    assert (loaded_from(kept, photos).state, set(bucket.asked.counted())) == ("done", {"LIST"})


@pytest.mark.usefixtures("allowed")
def test_prefix_bounds_what_is_listed(cast, bucket, photos):
    put(bucket, "cats/a.png", "dogs/a.png")
    loaded_from(kept_bucket(cast, bucket, prefix="cats/"), photos)
    assert names() == {"a.png"}


@pytest.mark.usefixtures("allowed")
def test_changed_object_is_a_conflict_and_told(cast, bucket, photos):
    put(bucket, "a.png")
    kept = kept_bucket(cast, bucket)
    loaded_from(kept, photos)
    bucket.put_object(Bucket="photos", Key="a.png", Body=picture(200))
    done = loaded_from(kept, photos)
    assert (done.loaded, done.errors[0]["code"]) == (0, "external-id-conflict")


def test_secret_is_sealed_and_thrown_away_with_the_place(cast, bucket, allowed):
    kept = kept_bucket(cast, bucket)
    assert SECRET not in kept.secret and SECRET not in str(kept.settings) and secret_box.key_of(kept.secret)
    assert saved.used()[secret_box.key_of(kept.secret)] == 1
    saved.end(kept)
    kept.refresh_from_db()
    assert kept.secret == ""
    with pytest.raises(StateConflict):
        saved.end(kept)


def test_nothing_is_asked_of_a_host_that_is_not_allowed(cast, bucket, photos, settings):
    settings.OUTBOUND, settings.OUTBOUND_PRIVATE = ["http://127.0.0.1"], ["127.0.0.1"]
    kept = kept_bucket(cast, bucket)
    settings.OUTBOUND = []
    bucket.asked.calls.clear()
    done = loaded_from(kept, photos)
    assert (done.state, bucket.asked.calls) == ("failed", [])
    assert "asks no other host" in done.reason
    with pytest.raises(Refused) as refused:
        kept_bucket(cast, bucket)
    assert (refused.value.code, refused.value.place) == ("outbound-off", "endpoint")


def refusal(code: str, status: str = "403 Forbidden"):
    """A server that says no, and more than it should."""

    def answer(environ, start_response):
        start_response(status, [("Content-Type", "application/xml")])
        return [f"<Error><Code>{code}</Code><Message>{SECRET} is wrong</Message></Error>".encode()]

    return answer


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("SignatureDoesNotMatch", "403 Forbidden", "doesn't know this key"),
        ("InvalidAccessKeyId", "403 Forbidden", "doesn't know this key"),
        ("AccessDenied", "403 Forbidden", "may not list this bucket"),
        ("NoSuchBucket", "404 Not Found", "no such bucket"),
    ],
)
def test_what_the_bucket_refuses_has_a_name_and_nothing_leaks(cast, bucket, photos, caplog, code, status, words):
    put(bucket, "a.png")
    caplog.set_level(logging.INFO)
    kept = kept_bucket(cast, bucket)
    bucket.asked.before = dict.fromkeys(range(10_000), refusal(code, status))
    done = loaded_from(kept, photos)
    assert done.state == "failed" and words in done.reason
    assert SECRET not in done.reason + caplog.text


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    ("answer", "code", "place"),
    [
        (refusal("NoSuchBucket", "404 Not Found"), "no-such-bucket", "bucket"),
        (refusal("SignatureDoesNotMatch"), "wrong-credentials", "key"),
        (refusal("Odd", "400 Bad Request"), "no-connection", "endpoint"),
    ],
)
def test_bucket_that_cannot_be_asked_is_refused_when_it_is_added(cast, bucket, caplog, answer, code, place):
    caplog.set_level(logging.INFO)
    bucket.asked.before = dict.fromkeys(range(10_000), answer)
    with pytest.raises(Refused) as refused:
        kept_bucket(cast, bucket)
    assert (refused.value.code, refused.value.place, refused.value.status) == (code, place, 422)
    assert not Connector.objects.exists() and SECRET not in refused.value.text + caplog.text


@pytest.mark.usefixtures("allowed")
def test_bucket_that_is_missing_is_refused_by_its_own_server_and_one_that_may_not_be_listed_is_not(cast, bucket):
    with pytest.raises(Refused, match="There is no such bucket"):
        kept_bucket(cast, bucket, bucket="elsewhere")
    bucket.asked.before = dict.fromkeys(range(10_000), refusal("AccessDenied"))
    assert kept_bucket(cast, bucket).pk, "a key may write deliveries where it may not list"


@pytest.mark.usefixtures("allowed")
def test_load_that_was_cut_off_in_the_list_goes_on_where_it_stood(cast, bucket, photos, monkeypatch):
    monkeypatch.setattr(storing, "CHUNK_ROWS", 1)
    put(bucket, "a.png", "b.png", "c.png")
    kept = kept_bucket(cast, bucket)
    kept_import = importing.receive_from(kept, photos, by=None)
    seen = []

    def cut(progress: Import) -> None:
        seen.append(progress.loaded)
        if len(seen) == 2:
            bucket.asked.before = dict.fromkeys(range(10_000), refusal("AccessDenied"))

    first = importing.run(kept_import.pk, told=cut)
    assert first.loaded == 2 and SeenFile.objects.count() == 2
    bucket.asked.before = {}
    second = importing.receive_from(kept, photos, by=None)
    assert importing.run(second.pk).loaded == 1 and names() == {"a.png", "b.png", "c.png"}


@pytest.mark.usefixtures("allowed")
def test_list_that_is_refused_half_way_says_so_and_the_next_load_has_the_rest(cast, bucket, photos, monkeypatch):
    monkeypatch.setattr(bucket_list, "PAGE", 2)
    put(bucket, "a.png", "b.png", "c.png", "d.png", "e.png")
    kept = kept_bucket(cast, bucket)
    bucket.asked.where = {"continuation-token": refusal("AccessDenied")}
    first = loaded_from(kept, photos)
    assert first.state == "failed" and "may not list this bucket" in first.reason and SECRET not in first.reason
    assert SeenFile.objects.count() == Task.objects.count() == first.loaded, "nothing is half loaded"
    bucket.asked.where = {}
    assert loaded_from(kept, photos).loaded == 5 - first.loaded
    assert names() == {"a.png", "b.png", "c.png", "d.png", "e.png"}


@pytest.mark.usefixtures("allowed")
def test_object_of_more_than_ten_gigabytes_is_told_by_its_name_and_never_fetched(cast, bucket, photos, monkeypatch):
    put(bucket, "a.png", "b.png")
    kept = kept_bucket(cast, bucket)
    listing = bucket_list.Bucket.entries
    sizes = {"b.png": 10 * 1024**3 + 1}

    def swollen(found: bucket_list.Bucket):
        for one in listing(found):
            key, etag, size = found._keys[one.name]
            found._keys[one.name] = key, etag, sizes.get(one.name, size)
            yield one

    monkeypatch.setattr(bucket_list.Bucket, "entries", swollen)
    done = loaded_from(kept, photos)
    assert (done.state, done.loaded) == ("done", 1)
    assert [(one["place"], one["code"]) for one in done.errors] == [("b.png", "too-large")]
    assert not [path for verb, path in bucket.asked.calls if verb == "GET" and "b.png" in path]


@pytest.mark.usefixtures("allowed")
def test_object_that_changes_after_it_was_listed_is_told_and_taken_the_next_time(cast, bucket, photos):
    put(bucket, "a.png", "b.png")
    kept = kept_bucket(cast, bucket)
    with saved.opened(kept) as files:
        assert [one.name for one in files.entries()] == ["a.png", "b.png"]
        bucket.put_object(Bucket="photos", Key="a.png", Body=picture(99))
        with pytest.raises(Refused) as refused:
            files.open("a.png")
        assert refused.value.code == "file-changed"
        bucket.delete_object(Bucket="photos", Key="b.png")
        with pytest.raises(Refused) as refused:
            files.open("b.png")
        assert refused.value.code == "file-changed"
        with pytest.raises(Refused):
            files.open("c.png")


def test_folder_is_one_that_the_operator_allows_this_organization(cast, photos, settings, tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "cat.png").write_bytes(picture())
    (ours / "link.png").symlink_to(theirs / "deep" / "cat.png")
    settings.IMPORT_FOLDERS = [f"{cast.riverside.public_id}={ours}", f"{cast.hilltop.public_id}={theirs}"]
    for bad in (theirs, tmp_path, ours / ".." / "theirs", "relative"):
        with pytest.raises(Refused) as refused:
            saved.add(cast.riverside, "folder", "Folder", {"folder": str(bad)}, by=cast.mina)
        assert refused.value.code == "folder-not-allowed"
    kept = saved.add(cast.riverside, "folder", "Folder", {"folder": str(ours)}, by=cast.mina)
    assert loaded_from(kept, photos).loaded == 1 and names() == {"deep/cat.png"}
    with saved.opened(kept) as files, pytest.raises(Refused):
        files.open("link.png")
    settings.IMPORT_FOLDERS = []
    assert loaded_from(kept, photos).state == "failed"


@pytest.mark.usefixtures("allowed")
def test_addresses_are_fetched_once_each_and_never_shown(cast, bucket, photos):
    put(bucket, "a.png", "b.png")
    for name in ("a.png", "b.png"):
        bucket.put_object_acl(Bucket="photos", Key=name, ACL="public-read")
    given = [f"{bucket.endpoint}/photos/{name}?key={SECRET}" for name in ("a.png", "b.png", "gone.png")]
    kept = saved.add(cast.riverside, "urls", "List", {"urls": "\n".join(given)}, by=cast.mina)
    assert SECRET not in str(kept.settings) + kept.secret and kept.settings == {"addresses": 3}
    done = loaded_from(kept, photos)
    assert done.loaded == 2 and {one.rpartition("/")[2] for one in names()} == {"a.png", "b.png"}
    assert [one["code"] for one in done.errors] == ["not-fetched"] and SECRET not in str(done.errors)
    bucket.asked.calls.clear()
    again = loaded_from(kept, photos)
    assert (again.loaded, len(bucket.asked.calls)) == (0, 1)  # what wasn't given is asked for again
    with pytest.raises(Refused) as refused:
        saved.add(cast.riverside, "urls", "Other", {"urls": "https://elsewhere.example/a.png"}, by=cast.mina)
    assert (refused.value.code, refused.value.place) == ("host-not-allowed", "urls, line 1")


def test_addresses_that_differ_behind_the_question_mark_are_numbered_each_in_one_step(monkeypatch):
    asked, name_of = [], urls._name

    def named(url: str) -> str:
        asked.append(url)
        return name_of(url)

    monkeypatch.setattr(urls, "_name", named)
    given = ["https://a.example/p-3.png", *(f"https://a.example/p.png?of={n}" for n in range(50))]
    names = [one.name for one in urls.UrlList(given, Fetching(most=1)).entries()]
    assert names[:4] == ["a.example/p-3.png", "a.example/p.png", "a.example/p-2.png", "a.example/p-4.png"]
    assert (names[-1], asked) == ("a.example/p-51.png", given)


@pytest.mark.usefixtures("allowed")
def test_pictures_may_stay_where_they_are_and_are_served_from_there(cast, bucket, photos):
    put(bucket, "cats/a.png")
    kept = kept_bucket(cast, bucket, prefix="cats/")
    made = importing.receive_from(kept, photos, by=None, media="left")
    assert importing.run(made.pk).loaded == 1
    asset = Asset.objects.get()
    assert asset.file.name.startswith("left/") and asset.left.name == "a.png"
    assert default_storage.listdir("")[0] == ["thumbnails"]
    with default_storage.open(asset.file.name) as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == asset.sha256 and default_storage.size(asset.file.name) == len(data)
    with pytest.raises(StateConflict):
        saved.end(kept)  # somebody will want to see it


@pytest.mark.usefixtures("allowed")
def test_picture_that_changed_where_it_lies_is_missing_and_never_shown_for_another(cast, bucket, photos):
    put(bucket, "a.png")
    kept = kept_bucket(cast, bucket)
    importing.run(importing.receive_from(kept, photos, by=None, media="left").pk)
    bucket.put_object(Bucket="photos", Key="a.png", Body=picture(201))
    with pytest.raises(FileNotFoundError):
        default_storage.open(Asset.objects.get().file.name)
    bucket.delete_object(Bucket="photos", Key="a.png")
    with pytest.raises(FileNotFoundError):
        default_storage.open(Asset.objects.get().file.name)
