"""Names that were decided before in a project: learnt from verdicts, and offered in its next texts."""

import json

import pytest

from assist.learning import follow, term_memory
from assist.models import DecidedTerms, Suggestion
from assist.registry.registry import TERMS
from assist.suggestions import record
from assist.suggestions.bindings import bind
from assist.suggestions.decided_terms import Decided, Terms, learn, one_letter_off, read
from assist.suggestions.offers import Offer
from projects.models import Gold, Project, Task
from projects.reports import verdict_index
from projects.workflow import submission
from tests.support import make
from tests.support.assist import work
from tests.support.cast import Cast

REAL = pytest.mark.django_db(transaction=True)

REPORT = "Ada Quist of Hollow Bay met Kofi Mensah; in Hollow Bay it rained."


def marked(text: str, **words: str) -> Decided:
    """A text in which each of these words, each time it stands there, is under a label."""
    spans = [
        (at, at + len(word), label)
        for label, word in words.items()
        for at in range(len(text))
        if text.startswith(word, at)
    ]
    return Decided(text, spans)


def shown(terms: Terms, text: str) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.label) for one in terms.find(text)]


def test_a_name_is_found_again_whole_and_the_longest_first() -> None:
    terms = learn(
        [marked("Ada Quist and Quist Bay.", person="Ada Quist", place="Quist Bay"), marked("Bay.", place="Bay")]
    )
    assert shown(terms, "At Quist Bay Ada QUIST saw the Bay, no bays and no Quist.") == [
        ("Quist Bay", "place"),
        ("Ada QUIST", "person"),
        ("Bay", "place"),
    ]


def test_how_sure_it_is_says_how_often_it_was_decided_so() -> None:
    once = learn([marked("Hollow.", place="Hollow")])
    often = learn([marked("Hollow.", place="Hollow")] * 8)
    seldom = learn([marked("May spoke.", person="May"), *[Decided("In May it rained.", [])] * 3])
    assert [one.score for one in once.find("Hollow")] == [pytest.approx(2 / 3, abs=1e-4)]
    assert [one.score for one in often.find("Hollow")] == [0.9]
    assert seldom.find("May spoke.") == [], "a month more often than a name"


def test_one_letter_off_is_found_and_surely_other_words_are_not() -> None:
    terms = learn([*[marked("Denver is far.", place="Denver")] * 4, Decided("Denser fog came.", [])])
    assert shown(terms, "Denvre, Denvr, Dennver and Xenver") == [
        (word, "place") for word in ("Denvre", "Denvr", "Dennver", "Xenver")
    ]
    (exact,), (off,) = terms.find("Denver"), terms.find("Denvre")
    assert off.score < exact.score
    assert terms.find("Denser fog") == [] and terms.find("Dover") == []


@pytest.mark.parametrize(
    ("one", "other", "off"),
    [("abc", "abc", False), ("abc", "acb", True), ("abc", "abcd", True), ("abc", "bc", True), ("abcd", "axcx", False)],
)
def test_what_one_letter_is(one: str, other: str, off: bool) -> None:
    assert one_letter_off(one, other) is one_letter_off(other, one) is off


def test_short_words_keep_their_capitals_and_scripts_without_blanks_have_words() -> None:
    terms = learn(
        [marked("The US said so.", place="US"), marked("田中さんは東京にいる。", person="田中", place="東京")]
    )
    assert shown(terms, "Tell us what the US did.") == [("US", "place")]
    assert shown(terms, "東京で田中に会った。") == [("東京", "place"), ("田中", "person")]


def test_what_is_kept_is_read_back_the_same_and_half_words_are_no_names() -> None:
    terms = learn([marked(REPORT, person="Kofi Mensah", place="Hollow Bay"), Decided("Unhappy", [(2, 7, "mood")])])
    again = read(json.loads(json.dumps(terms.as_json())))
    assert again.find(REPORT) == terms.find(REPORT) != []
    assert ("happy",) not in terms.known


def decided(cast: Cast, project: Project, text: str, *spans: dict) -> None:
    make.tasks(make.batch(project, f"Batch {project.batches.count()}"), 1, text=text)
    make.judged(cast.alice, project, {"spans": list(spans)})
    indexed()


def found(project: Project, text: str, of: int = 0) -> list[tuple[int, int, str]]:
    """What is found in the text of a task, by default of one that nobody has decided."""
    return [(one.start, one.end, one.label) for one in term_memory.find(project.public_id, text, of)]


def indexed() -> None:
    """What was decided is among the newest verdicts."""
    while verdict_index.catch_up():
        pass


@REAL
def test_verdicts_teach_names_and_what_was_learnt_before_gives_way(cast: Cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    assert not term_memory.due(project) and found(project, REPORT) == []
    decided(cast, project, REPORT, make.span(0, 9, "person"))
    assert term_memory.due(project) and term_memory.learn(project) == 1
    assert not term_memory.due(project)
    assert found(project, "Then Ada Quist left.") == [(5, 14, "person")]
    for number in range(2):
        decided(cast, project, f"Ada Quist {number}", make.span(0, 9, "place"))
    term_memory.learn(project)
    assert found(project, "Ada Quist") == [(0, 9, "place")]
    neighbour = make.project(cast.hilltop, "Theirs")
    assert found(neighbour, "Ada Quist") == []
    assert DecidedTerms.objects.get().verdicts == 3


@REAL
def test_a_tasks_own_verdict_does_not_come_back_on_it_and_known_answers_teach_nothing(cast: Cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    decided(cast, project, REPORT, make.span(0, 9, "person"))
    first = Task.objects.get(project=project)
    term_memory.learn(project)
    assert found(project, REPORT, first.pk) == [] != found(project, REPORT)
    decided(cast, project, "Ada Quist again", make.span(0, 9, "person"))
    term_memory.learn(project)
    assert found(project, REPORT, first.pk) == [(0, 9, "person")], "another task says so too"
    for task in Task.objects.filter(project=project):
        Gold.objects.create(task=task, answer={"spans": []})
    assert not term_memory.due(project) and term_memory.learn(project) == 0


@REAL
def test_names_change_no_figure_of_the_model_that_answers(cast: Cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 1, text=REPORT)
    held = make.held(cast.alice, project)
    output = {"start": 0, "end": 9, "label": "person", "model_label": "person"}
    for model in (work.SPACY, TERMS):
        work.offered(held, output | {"model_label": model}, model)
    assert [str(one.model) for one in Suggestion.objects.of_models()] == [work.SPACY]


@REAL
def test_reader_has_names_learnt_as_soon_as_one_is_decided(cast: Cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    follow.teach()
    decided(cast, project, REPORT, make.span(0, 9, "person"))
    assert follow.teach() > 0
    assert term_memory in follow.TAUGHT[project.task_type] and term_memory.due(project)


@REAL
def test_names_are_offered_under_their_own_name_and_measured_like_any_model(cast: Cast) -> None:
    project = make.project(cast.riverside, wanted=1)
    make.tasks(make.batch(project), 1, text=REPORT)
    held = make.held(cast.alice, project)
    assert held.token
    binding = bind(cast.alice.pk, held.public_id, held.token)
    output = {"start": 0, "end": 9, "label": "person", "model_label": "person"}
    offers = [Offer({"text": True}, output, 0.8, 3, model=TERMS), Offer({"text": True}, output | {"start": 13}, 0.7, 3)]
    record.keep(binding, "en-core-web-sm@3.8.0", offers)
    by = {str(one.public_id): str(one.model) for one in Suggestion.objects.all()}
    assert by == {str(offers[0].public_id): TERMS, str(offers[1].public_id): "en-core-web-sm@3.8.0"}
    mark = make.span(0, 9, "person") | {
        "provenance": {"source": "suggestion", "suggestion": str(offers[0].public_id), "model": TERMS}
    }
    record.settle(submission.submit(held, cast.alice, held.token, {"spans": [mark]}))
    assert Suggestion.objects.get(public_id=offers[0].public_id).outcome == "accepted"
    indexed()
    term_memory.learn(project)
    told = term_memory.standing(project)
    assert told is not None and (told["offered"], told["percent"], told["surest"]) == (1, 100, ["Ada Quist"])
