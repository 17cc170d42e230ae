"""What is kept of the feed is what stands, in memory and in a file, whenever the program is killed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem_client import Answers, BadInput, FeedLine, KeptAnswers

AT = datetime(2026, 3, 1, tzinfo=UTC)
GONE = ["reopened", "archived", "cancelled"]


def line(task: str, place: int, state: str = "decided") -> FeedLine:
    decided = state == "decided"
    return FeedLine(
        task=task,
        external_id=f"of {task}",
        state=state,
        kind=state,
        at=AT,
        id=f"v{place}" if decided else None,
        answer={"spans": [place]} if decided else None,
        confidence=0.9 if decided else None,
        method="majority_v1" if decided else None,
        settings_version=1 if decided else None,
        decided_by=None,
        note="" if decided else None,
        superseded_at=None,
        supersedes=None,
    )


def test_the_last_word_on_a_task_counts() -> None:
    kept = Answers()
    for place, (task, state) in enumerate(
        [("a", "decided"), ("b", "decided"), ("a", "decided"), ("b", "reopened"), ("c", "archived")]
    ):
        kept.take(line(task, place, state))
    assert [one.id for one in kept] == ["v2"]


changes = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["decided", "decided", *GONE])), min_size=1, max_size=30
)


@given(changes=changes, killed=st.sets(st.integers(0, 29)), page=st.integers(1, 4))
def test_a_program_that_is_killed_holds_what_one_that_isnt_holds(tmp_path_factory, changes, killed, page) -> None:
    feed = [line(task, place, state) for place, (task, state) in enumerate(changes)]
    calm, path = Answers(), tmp_path_factory.mktemp("kept") / "answers"
    for one in feed:
        calm.take(one)
    kept, killed = KeptAnswers(path), set(killed)
    while int(kept.after) < len(feed):
        start = int(kept.after)
        for place, one in enumerate(feed[start : start + page], start):
            kept.take(one)
            if place in killed:
                killed.remove(place)
                kept.close()  # without a word, in the middle of a page
                kept = KeptAnswers(path)
                break
        else:
            kept.reached(str(min(start + page, len(feed))))
    assert {one.task: one for one in kept} == calm.by_task
    assert len(kept) == len(calm)
    kept.close()


def test_a_file_of_another_project_is_left_alone(tmp_path) -> None:
    ports = KeptAnswers(tmp_path / "kept", "https://x ports")
    ports.take(line("a", 1))
    ports.reached("7")
    ports.close()
    with pytest.raises(BadInput, match="https://x ports"):
        KeptAnswers(tmp_path / "kept", "https://x ships")
    assert KeptAnswers(tmp_path / "kept", "https://x ports").after == "7"


def test_a_file_that_is_something_else_is_left_alone(tmp_path) -> None:
    (tmp_path / "kept").write_text("my thesis, " * 1000)
    with pytest.raises(BadInput, match="doesn't hold kept answers"):
        KeptAnswers(tmp_path / "kept")
    assert (tmp_path / "kept").read_text().startswith("my thesis")
