"""Google's and Microsoft's buckets: fsspec's own file system in memory plays both, for neither package is installed."""

import json
from collections.abc import Iterator

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
    "gcs": {"bucket": "photos", "prefix": "cats", "key": KEY},
    "azure": {"account": "riverside1", "bucket": "photos", "prefix": "cats", "key": "never-shown"},
}


@pytest.fixture
def allowed(settings):
    settings.OUTBOUND = ["storage.googleapis.com", "oauth2.googleapis.com", "riverside1.blob.core.windows.net"]


@pytest.fixture
def played(monkeypatch) -> Iterator[MemoryFileSystem]:
    """Both packages seem to be there, and what they would open lies in memory."""
    system = MemoryFileSystem()
    system.asked = []

    def opened(protocol: str, **terms: object) -> MemoryFileSystem:
        system.asked.append((protocol, terms))
        return system

    monkeypatch.setattr(clouds.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(fsspec, "filesystem", opened)
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


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
    made = delivered(texts, cast.mina, target="bucket", place="Photos (photos/cats)")
    assert made.state == "done", made.reason
    assert [one.rpartition("/")[2] for one in played.find("/photos/cats") if "texts" in one] == [
        "texts.jsonl",
        "manifest.json",
    ]


def test_without_its_package_and_without_the_operators_word_nothing_is_asked(cast, settings, monkeypatch) -> None:
    settings.OUTBOUND = ["storage.googleapis.com", "oauth2.googleapis.com"]
    with pytest.raises(Refused, match=r"installs tandem\[azure\]") as caught:
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
    assert saved.add(cast.riverside, "gcs", "Photos", GIVEN["gcs"], by=cast.mina).pk


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
