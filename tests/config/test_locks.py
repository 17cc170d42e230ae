"""The locks are what pyproject.toml and package.json ask for, complete, and name no place to fetch from."""

import json
import re
from importlib import metadata
from itertools import chain

import pytest
from packaging.requirements import Requirement

from config import install
from config.install import LOCKS, ROOT, is_locked, name_of
from config.lock import entries

PROJECT = install.project(ROOT / "pyproject.toml")
EXTRAS = PROJECT["optional-dependencies"]
FILES = ["run", *EXTRAS]
# A package, with a marker perhaps, and a line for each hash; nothing else stands in a lock.
ENTRY = re.compile(r"[a-z0-9-]+==[0-9a-z.+!]+(?: ; [^\\\n]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n")


def text_of(name: str) -> str:
    return (LOCKS / f"{name}.txt").read_text()


def versions(*files: str) -> dict[str, set[str]]:
    """The versions that some locks name, by package."""
    named: dict[str, set[str]] = {}
    for pin in install.pins_of([LOCKS / f"{name}.txt" for name in files]):
        name, _, version = pin.partition(" ;")[0].partition("==")
        named.setdefault(name_of(name), set()).add(version)
    return named


@pytest.mark.parametrize("name", FILES)
def test_a_lock_is_made_of_packages_with_hashes_and_names_neither_a_place_nor_pytorch(name: str) -> None:
    head, _, body = text_of(name).partition("\n")
    assert head.startswith("# Written by `make lock`") and ENTRY.sub("", body) == ""
    locked = versions(name)
    assert locked and [package for package in locked if not is_locked(package)] == []


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_of_pyproject_is_met_by_the_lock(name: str) -> None:
    wanted = [*PROJECT["dependencies"], *EXTRAS.get(name, ())]
    locked = versions("run", name)
    for requirement in map(Requirement, wanted):
        package = name_of(requirement.name)
        if is_locked(package):
            assert package in locked, f"{requirement} isn't locked: run `make lock`"
            assert all(map(requirement.specifier.contains, locked[package])), f"{requirement}: run `make lock`"


def test_there_is_a_lock_for_every_extra_and_no_other() -> None:
    assert {path.stem for path in LOCKS.glob("*.txt")} == set(FILES)


def test_versions_agree_among_all_locks_and_no_extra_repeats_what_runs() -> None:
    every = versions(*FILES)
    # Two where an interpreter needs another one: these say it in a marker.
    assert [name for name, found in every.items() if len(found) > 1 and f"{name}==" not in _with_markers()] == []
    base = set(entries(text_of("run")))
    assert [name for name in EXTRAS if base & set(entries(text_of(name)))] == []


def _with_markers() -> str:
    return "\n".join(line for name in FILES for line in text_of(name).splitlines() if " ; " in line)


def test_whatever_a_locked_package_needs_is_locked_too() -> None:
    """Nothing asks a package what it needs when a lock is installed. Those that are installed here say it."""
    locked = versions("run", "test")
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(line), "") for line in chain(PROJECT["dependencies"], EXTRAS["test"])]
    while waiting:
        requirement, by = waiting.pop()
        package = name_of(requirement.name)
        if is_locked(package):
            assert package in locked, f"{by} needs {package}"
            assert any(map(requirement.specifier.contains, locked[package])), f"{by} needs {requirement}"
        for extra in ("", *requirement.extras):
            if not (is_locked(package) or package in install.TORCH) or (package, extra) in seen:
                continue
            seen.add((package, extra))
            needs = map(Requirement, metadata.requires(package) or ())
            waiting += [(each, package) for each in needs if not each.marker or each.marker.evaluate({"extra": extra})]
    assert len(seen) > 200


def test_the_lock_of_javascript_holds_hashes_and_no_place() -> None:
    asked = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    own = packages.pop("")
    assert own["devDependencies"] == asked
    assert {name: packages[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert [name for name, row in packages.items() if not row.get("integrity", "").startswith("sha512-")] == []
    assert [name for name, row in packages.items() if "resolved" in row or row.get("hasInstallScript")] == []
