"""The commit that is measured beside this one has a tree of its own, or it is said why not."""

import subprocess

from benchmarks.http import before


def test_without_the_commit_it_is_said_and_nothing_is_left(tmp_path, monkeypatch, capsys) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.setattr(before, "ROOT", tmp_path)
    with before.tree() as place:
        assert place is None
    assert f"{before.COMMIT} can't be measured" in capsys.readouterr().out


def test_without_git_it_is_said_too(monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", "")
    with before.tree() as place:
        assert place is None
    assert "no git" in capsys.readouterr().out


def test_without_a_package_that_it_needs_it_is_said_which(monkeypatch, capsys) -> None:
    monkeypatch.setattr(before, "_git", lambda *words: "")
    monkeypatch.setattr(before, "NEEDS", {"nowhere_to_be_found": "nowhere-to-be-found<1", "json": "json"})
    with before.tree() as place:
        assert place is None
    assert capsys.readouterr().out.endswith("it needs pip install 'nowhere-to-be-found<1'\n")


def test_what_was_recorded_of_it_is_there_for_each_crowd() -> None:
    assert before.RECORDED.keys() == {8, 32} and all(before.RECORDED.values())
