"""Exports over a real line: one that the server can't finish is never taken for a whole one."""

from collections.abc import Iterator

import pytest

from projects.data import exporting
from projects.data.exporting.format import Entry
from projects.data.exporting.source import Source
from tandem_client import IncompleteAnswer, ServerFault, Tandem
from tests.support import cast as people
from tests.support import make
from tests.support.client.live import answering, secret_of

pytestmark = pytest.mark.django_db(transaction=True)
LINE = b'{"answer": {}}\n'


def _broken(source: Source) -> Iterator[Entry]:
    """A writer whose first lines are good."""

    def pieces() -> Iterator[bytes]:
        for _ in range(20_000):
            yield LINE
        raise LookupError("IMAGE_BACKEND")

    yield Entry("all.jsonl", pieces())


@pytest.fixture
def cast(transactional_db) -> people.Cast:
    return people.assemble()


@pytest.fixture
def project(cast, monkeypatch) -> str:
    """The id of a project that has a broken export."""
    monkeypatch.setitem(exporting.FORMATS, "jsonl", exporting.FORMATS["jsonl"]._replace(write=_broken))
    return str(make.project(cast.riverside).public_id)


@pytest.fixture
def mina(cast) -> Iterator[Tandem]:
    with answering() as server, Tandem(server, secret_of(cast.mina, cast.riverside), sleep=lambda _s: None) as tandem:
        yield tandem


def test_an_export_that_breaks_off_leaves_no_file_and_the_client_says_where(
    project, mina, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(exporting, "STAGED_BYTES", 1)
    with pytest.raises(IncompleteAnswer, match=r"broke off its answer after [\d,]+ bytes \(request ") as broken:
        mina.exports.download(project, "jsonl", tmp_path / "labels.jsonl")
    assert broken.value.code == "incomplete-answer" and "server's log" in broken.value.advice
    assert not (tmp_path / "labels.jsonl").exists()


def test_one_that_breaks_in_its_beginning_is_refused_with_the_request_to_look_for(project, mina, tmp_path) -> None:
    with pytest.raises(ServerFault) as fault:
        mina.exports.download(project, "jsonl", tmp_path / "labels.jsonl")
    assert fault.value.code == "server-error" and fault.value.request
    assert list(tmp_path.iterdir()) == []
