"""Google's and Microsoft's buckets: fsspec's own file system in memory plays both, for neither package is installed."""

import json

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from projects.data import importing
from projects.data.connectors import clouds, saved
from projects.errors import Refused
from projects.models import Connector, Import, Task
from tests.support import make
from tests.support.projects.delivering import decided, delivered
from tests.support.projects.importing import media as media  # a fixture
from tests.support.projects.importing import picture

pytestmark = pytest.mark.django_db

KEY = json.dumps({"type": "service_account", "token_uri": clouds.TOKENS, "private_key": "never-shown"})
GIVEN = {
    "gcs": {"bucket": "photos", "prefix": "cats/", "key": KEY},
    "azure": {"account": "riverside1", "bucket": "photos", "prefix": "cats/", "key": "never-shown"},
}


@pytest.fixture
def allowed(settings):
    settings.OUTBOUND = ["storage.googleapis.com", "oauth2.googleapis.com", "riverside1.blob.core.windows.net"]


@pytest.fixture
def played(monkeypatch) -> MemoryFileSystem:
    """Both packages seem to be there, and what they would open lies in memory."""
    system = MemoryFileSystem(skip_instance_cache=True, global_store=False)
    system.mkdir("/photos")
    system.asked = []

    def opened(protocol: str, **terms: object) -> MemoryFileSystem:
        system.asked.append((protocol, terms))
        return system

    monkeypatch.setattr(clouds.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(fsspec, "filesystem", opened)
    return system


def put(system: MemoryFileSystem, *names: str) -> None:
    for shade, name in enumerate(names):
        system.pipe(f"/photos/{name}", picture(shade * 7 % 250, size=(30 + len(name), 20)))


def loaded_from(connector: Connector, batch) -> Import:
    return importing.run(importing.receive_from(connector, batch, by=None).pk)


@pytest.mark.parametrize("kind", ["gcs", "azure"])
def test_a_bucket_is_loaded_by_what_is_new_in_it_and_delivered_into(cast, media, allowed, played, kind) -> None:
    put(played, "cats/b.png", "cats/old/a.png", "dogs/a.png")
    kept = saved.add(cast.riverside, kind, "Photos", GIVEN[kind], by=cast.mina)
    batch = make.batch(make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}], wanted=1))
    assert loaded_from(kept, batch).loaded == 2
    put(played, "cats/a.png")
    again = loaded_from(kept, batch)
    assert (again.loaded, again.known, again.expected) == (1, 0, 1)
    assert set(Task.objects.values_list("external_id", flat=True)) == {"b.png", "old/a.png", "a.png"}
    ((protocol, terms), *_rest) = played.asked
    assert protocol == {"gcs": "gcs", "azure": "abfs"}[kind] and terms.get("anon", False) is False
    assert "never-shown" not in json.dumps(kept.settings) + kept.secret
    texts = make.project(cast.riverside, "Texts", wanted=1)
    decided(cast, texts)
    made = delivered(texts, cast.mina, target="bucket", place="Photos (photos/cats/)")
    assert made.state == "done", made.reason
    assert [one.rpartition("/")[2] for one in played.find("/photos/cats") if "texts" in one] == [
        "texts.jsonl",
        "manifest.json",
    ]


def test_without_its_package_and_without_the_operators_word_nothing_is_asked(cast, settings, monkeypatch) -> None:
    settings.OUTBOUND = ["storage.googleapis.com", "oauth2.googleapis.com"]
    with pytest.raises(Refused, match=r"config/install\.py azure") as caught:
        saved.add(cast.riverside, "azure", "Photos", GIVEN["azure"], by=cast.mina)
    assert caught.value.code == "extra-missing"
    monkeypatch.setattr(clouds.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(fsspec, "filesystem", lambda *_said, **_terms: pytest.fail("it was asked"))
    with pytest.raises(Refused) as caught:
        saved.add(cast.riverside, "azure", "Photos", GIVEN["azure"], by=cast.mina)
    assert caught.value.code == "host-not-allowed"
    elsewhere = json.dumps({**json.loads(KEY), "token_uri": "https://tokens.example.com"})
    for key in (elsewhere, "{}", "[]", "no JSON"):
        with pytest.raises(Refused) as caught:
            saved.add(cast.riverside, "gcs", "Photos", GIVEN["gcs"] | {"key": key}, by=cast.mina)
        assert (caught.value.code, caught.value.place) == ("bad-key", "key")
    with pytest.raises(Refused) as caught:
        saved.add(cast.riverside, "azure", "Photos", GIVEN["azure"] | {"account": "a.evil.example/"}, by=cast.mina)
    assert caught.value.code == "bad-account"


class Said(Exception):
    """What a provider's package raises."""

    def __init__(self, code: int) -> None:
        super().__init__("secret words of the provider")
        self.code = code


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Said(401), "doesn't know this key"),
        (Said(403), "may not list"),
        (FileNotFoundError("photos"), "There is no such bucket"),
        (OSError("line cut"), "could not be asked just now"),
    ],
)
def test_what_a_place_says_is_named_and_never_repeated(cast, allowed, played, monkeypatch, fault, told) -> None:
    kept = saved.add(cast.riverside, "gcs", "Photos", GIVEN["gcs"], by=cast.mina)

    def walk(*_said, **_terms):
        raise fault

    monkeypatch.setattr(played, "walk", walk)
    failed = loaded_from(kept, make.batch(make.project(cast.riverside)))
    assert failed.state == "failed" and told in failed.reason and "secret" not in failed.reason


@pytest.mark.parametrize(
    ("fault", "code", "place"),
    [
        (Said(401), "wrong-credentials", "key"),
        (FileNotFoundError("photos"), "no-such-bucket", "bucket"),
        (OSError("line cut"), "no-connection", "bucket"),
        (Said(403), None, None),
    ],
)
def test_bucket_that_is_missing_is_refused_when_it_is_added(
    cast, allowed, played, monkeypatch, fault, code, place
) -> None:
    def info(*_said, **_terms):
        raise fault

    monkeypatch.setattr(played, "info", info)
    for kind in ("gcs", "azure"):
        if code is None:
            assert saved.add(cast.riverside, kind, kind, GIVEN[kind], by=cast.mina).pk, "it may be written to"
            continue
        with pytest.raises(Refused) as refused:
            saved.add(cast.riverside, kind, kind, GIVEN[kind], by=cast.mina)
        assert (refused.value.code, refused.value.place) == (code, place)
        assert "secret" not in refused.value.text


def test_what_arrives_while_a_bucket_is_read_is_new_the_next_time(cast, media, allowed, played, monkeypatch) -> None:
    put(played, "cats/b.png")
    kept = saved.add(cast.riverside, "gcs", "Photos", GIVEN["gcs"], by=cast.mina)
    batch = make.batch(make.project(cast.riverside, "Cats", "image_regions", labels=[{"name": "Cat"}], wanted=1))
    opening = played.open

    def meanwhile(path: str, mode: str = "rb", **terms: object):
        if mode == "rb" and not played.exists("/photos/cats/late.png"):
            put(played, "cats/late.png")
        return opening(path, mode, **terms)

    monkeypatch.setattr(played, "open", meanwhile)
    assert loaded_from(kept, batch).loaded == 1
    assert loaded_from(kept, batch).loaded == 1
    assert Task.objects.filter(external_id="late.png").exists()


def test_keys_begin_with_the_prefix_and_each_object_is_opened_by_its_own(played) -> None:
    names = ["train-1.txt", "train-old/x\\y.txt", "train-old/x/y.txt", "test-1.txt", "test-old/train-2.txt"]
    for name in names:
        played.pipe(f"/photos/{name}", name.encode())
    found = clouds.Objects(played, "photos", "train-")
    assert {found.open(one.name).read().decode() for one in found.entries()} == set(names[:3])
    assert [one.name for one in clouds.Objects(played, "photos", "train-old/x").entries()] == ["x/y.txt", "x/y.txt"]


def test_a_file_longer_than_any_may_be_is_refused_whatever_was_said_of_it(played, monkeypatch) -> None:
    played.pipe("/photos/a.txt", b"more than ten")
    monkeypatch.setattr(clouds, "MOST", 10)
    with pytest.raises(Refused) as caught:
        clouds.Objects(played, "photos", "").open("a.txt")
    assert caught.value.code == "too-large"


def test_a_key_that_its_package_chokes_on_is_a_wrong_key(cast, allowed, played, monkeypatch) -> None:
    kept = saved.add(cast.riverside, "gcs", "Photos", GIVEN["gcs"], by=cast.mina)

    def choke(*_said: object, **_terms: object) -> None:
        raise KeyError("private_key: never-shown")

    monkeypatch.setattr(fsspec, "filesystem", choke)
    failed = loaded_from(kept, make.batch(make.project(cast.riverside)))
    assert failed.state == "failed" and failed.reason == "This is no key that such buckets know."


def test_keys_of_the_servers_own_open_nothing_for_anybody(cast, allowed, played, monkeypatch) -> None:
    kept = saved.add(cast.riverside, "azure", "Photos", GIVEN["azure"], by=cast.mina)
    played.asked.clear()
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountKey=the-operators")
    with pytest.raises(Refused) as caught, saved.opened(kept):
        pytest.fail("it was opened")
    assert (caught.value.code, played.asked) == ("keys-lie-about", [])
    assert "AZURE_STORAGE_CONNECTION_STRING" in caught.value.text and "the-operators" not in caught.value.text
    assert saved.add(cast.riverside, "gcs", "Others", GIVEN["gcs"], by=cast.mina).pk, "Google's takes none of these"
