"""When a batch is done while files are on their way into it: told once, by the end of the last at the latest."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile

from projects.data import importing
from projects.data.importing import choices
from projects.models import Batch, Import
from projects.reports import progress
from taskers.models import Event
from tests.support import make
from tests.support.projects.judging import said

pytestmark = pytest.mark.django_db
ROW = '{"external_id": "first", "text": "Maria Lopez visited Oslo."}\n'
Times = Callable[[], int]


@pytest.fixture(autouse=True)
def stored(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def told() -> Times:
    """How often it was told that a batch is done, once all that happened is read."""
    last = 0

    def times() -> int:
        nonlocal last
        news = list(Event.objects.filter(pk__gt=last).order_by("pk"))
        last = news[-1].pk if news else last
        progress.add(news)
        progress.tell_done(news)
        return Event.objects.filter(kind="batch_done").count()

    return times


def coming(batch: Batch, rows: str = ROW, **terms: str) -> Import:
    """A file that a worker will load."""
    return importing.keep(batch, ContentFile(rows.encode()), name="rows.jsonl", by=None, **terms)


def decided_meanwhile(cast, told: Times, **terms: str) -> Import:
    """A second file waits, and meanwhile the only task of its batch is decided."""
    batch = make.batch(make.project(cast.riverside, wanted=1))
    importing.run(coming(batch).pk)
    second = coming(batch, **terms)
    said(cast.alice, batch.tasks.get(), make.MARIA)
    assert told() == 0, "more may be in it"
    return second


def test_a_file_that_brings_nothing_new_ends_the_waiting(cast, told) -> None:
    second = importing.run(decided_meanwhile(cast, told).pk)
    assert (second.state, second.known) == ("done", 1)
    assert (told(), told()) == (1, 1)


def test_so_does_one_that_fails(cast, told) -> None:
    second = importing.run(decided_meanwhile(cast, told, rows="\n\n").pk)
    assert (second.state, told()) == ("failed", 1)
    importing.go_on(second)
    assert (importing.run(second.pk).state, told()) == ("failed", 1)


def test_so_does_one_that_waits_for_a_choice_and_giving_it_up_tells_nothing_anew(cast, told) -> None:
    second = decided_meanwhile(cast, told, stop=Import.Stop.ALWAYS)
    assert importing.run(second.pk).state == "planned"
    assert (told(), told()) == (1, 1), "nobody is at it, nor will be by itself"
    importing.drop(second, by=None)
    assert told() == 1


def test_what_is_chosen_later_makes_it_undone_until_that_is_decided(cast, told) -> None:
    second = decided_meanwhile(cast, told, rows=ROW.replace("first", "second"), stop=Import.Stop.ALWAYS)
    importing.run(second.pk)
    assert told() == 1
    choices.choose(second, choices.Choices(), by=cast.mina)
    assert (importing.run(second.pk).loaded, told()) == (1, 1)
    said(cast.alice, second.batch.tasks.get(external_id="second"), make.MARIA)
    assert told() == 2
