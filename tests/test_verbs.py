"""What a page does, a program can: each verb that a page's view calls is called from an address of the API as well."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from tests.support.walls import SOURCES, named, parsed

pytestmark = pytest.mark.xdist_group("verbs")  # all of the pages' source is read, in one process

PAGES = ("projects/web/", "taskers/web/", "assist/web/")
# The addresses, and what they do by a name in the request.
PROGRAMS = ("projects/api/", "assist/api/", "projects/workflow/bulk_actions.py", "projects/workflow/bulk_verbs.py")
# What a program calls for the same thing, where that isn't the page's own verb.
ANOTHER = {
    "projects.configuration.save_settings.revise": "projects.configuration.save_settings.amend",
    "projects.workflow.label_removal.revise": "projects.configuration.save_settings.amend",
    "projects.configuration.save_settings.change": "projects.configuration.save_settings.amend",
    "projects.quality.qualification.qualification_tests.move": (
        "projects.quality.qualification.qualification_tests.arrange"
    ),
    "projects.workflow.submission.receive_group": "projects.workflow.submission.receive",
    "projects.queue.claim_group": "projects.queue.claim",
    "projects.queue.claim_named_group": "projects.queue.claim_named",
    "projects.queue.drafts.save_group": "projects.queue.drafts.save",
    "projects.data.importing.start.load_files": "projects.data.importing.receive",
    "projects.data.importing.start.load_from": "projects.data.importing.receive_from",
    "projects.workflow.project_copies.begin": "projects.workflow.project_copies.from_preset",
    "projects.data.exporting.download": "projects.web.manager.export.file_of",
    "taskers.credentials.tokens.revoke": "taskers.web.token_list.revoke",
}
BY_HAND = "money moves by people's hands alone, two of them"
OWN = "a person's own, of their pages alone"
# What has no address, and why.
NONE = {
    "taskers.people.invitations.password_reset_path": "whoever has the link is that person: people hand it to people",
    "taskers.credentials.tokens.issue": "a person's token takes a sign-in of just now",
    "taskers.people.profile.change_profile": OWN,
    "taskers.people.preferences.choose_keys": OWN,
    "taskers.notifications.inbox.choose": OWN,
    "taskers.notifications.inbox.open_one": OWN,
    "taskers.notifications.inbox.read_all": OWN,
    "taskers.people.preferences.choose_submit_on_choice": OWN,
    "taskers.notifications.told.Told": "a worker tells the managers of an alert; no page does it",
    "projects.quality.gold.grading.show": OWN,
    "projects.quality.gold.settling.settle_due": "done before My work is drawn, and by a worker as well",
    "taskers.money.disputes.answer": "people answer people",
    "projects.quality.approvals.agree": BY_HAND,
    "projects.quality.approvals.decline": BY_HAND,
    "taskers.money.bonuses.approve": BY_HAND,
    "taskers.money.bonus_rules.approve": BY_HAND,
    "taskers.money.bonuses.give": BY_HAND,
    "taskers.money.bonuses.refuse": BY_HAND,
    "taskers.money.bonuses.take_back": BY_HAND,
    "taskers.money.pay_terms.change": BY_HAND,
    "taskers.people.payees.tell": OWN,
    "taskers.people.payees.view": "seen by people's eyes alone, each time on record",
    "taskers.people.payees.view_all": "seen by people's eyes alone, each time on record",
    "taskers.money.reconciling.apply": BY_HAND,
    "taskers.money.returns.ask": BY_HAND,
    "taskers.money.returns.confirm": BY_HAND,
    "taskers.money.returns.refuse": BY_HAND,
    "taskers.money.years.close": BY_HAND,
    "taskers.money.payouts.propose": BY_HAND,
    "taskers.money.payouts.settle": BY_HAND,
    "taskers.money.payouts.export": BY_HAND,
}
# What is told who asks, and only reads.
READS = {
    "projects.quality.qualification.feedback.examples",
    "projects.quality.qualification.feedback.unread",
    "projects.quality.second_looks.next_after",
    "projects.queue.begins_with_course",
    "projects.queue.kept_from_lists",
    "projects.queue.look_ahead",
    "projects.queue.may_choose",
    "projects.queue.mode_for",
    "projects.queue.no_longer_held",
    "projects.webhooks.subscriptions.offered",
    "projects.workflow.automatic_rules.running.told_to",
    "projects.workflow.bonus_rules.with_offers",
    "projects.workflow.returned_work.waiting_for",
    "taskers.models.ApiToken.objects.filter",
    "taskers.money.disputes.judged_by",
    "taskers.people.payees.own",
    "taskers.people.preferences.of",
    "taskers.notifications.inbox.of",
    "taskers.notifications.inbox.unread",
    "taskers.notifications.inbox.choices",
    "taskers.notifications.inbox.rhythm",
}
# What views that take a form call without saying who asks, and that only reads or makes words.
READS_OF_FORMS = {
    "assist.alike.atlas.group",
    "projects.configuration.illustrations.template_of",
    "projects.configuration.instructions.languages",
    "projects.configuration.label_keys.may_change",
    "projects.configuration.save_settings.labels_of",
    "projects.configuration.spending_limit.of_a_judgement",
    "projects.quality.gold.pool.other_answers",
    "projects.quality.rankings.ranks",
    "projects.queue.answer_check.check_for",
    "projects.workflow.corrections.seconds_left",
    "projects.workflow.void_preview.of",
    "taskers.money.reconciling.compare",
    "taskers.notifications.mail.send_invitation",
    "taskers.organizations.project_names.project_names",
}
READERS = (".access.", ".reading.", ".reports.", ".formatting.", "taskers.web.", "projects.web.")


def modules_of(tree: ast.Module) -> dict[str, str]:
    """Local name -> the dotted name that it stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def called(node: ast.Call, names: dict[str, str]) -> str:
    """The dotted name of what is called, or nothing where it is no function of ours that was imported."""
    parts: list[str] = []
    at: ast.expr = node.func
    while isinstance(at, ast.Attribute):
        parts.insert(0, at.attr)
        at = at.value
    if not isinstance(at, ast.Name) or at.id not in names:
        return ""
    whole = ".".join([names[at.id], *parts])
    return whole if whole.startswith(("projects.", "taskers.", "assist.")) else ""


def is_told_who(node: ast.Call) -> bool:
    """Whether the call says who does it: the mark of a verb."""
    told = [one.value for one in node.keywords if one.arg in {"by", "person", "reviewer"}] + node.args
    return any(ast.unparse(one) in {"request.user", "self.person", "person", "by"} for one in told)


def calls(places: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Each call of a function of ours below these places: its name, in which file, and whether it is told who asks."""
    for path in SOURCES:
        if not named(path).startswith(places):
            continue
        tree = parsed(path)
        names = modules_of(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (verb := called(node, names)):
                yield verb, named(path), is_told_who(node)


@cache
def by_pages() -> dict[str, str]:
    """Each verb that a page's view calls, with the file that does."""
    return {
        verb: where
        for verb, where, told in calls(PAGES)
        if told and verb not in READS and not any(one in f".{verb}." for one in READERS)
    }


@cache
def by_programs() -> set[str]:
    return {verb for verb, _where, _told in calls(PROGRAMS)}


@cache
def by_forms() -> dict[str, str]:
    return dict(done_by_forms())


def done_by_forms() -> Iterator[tuple[str, str]]:
    """What views call that take forms alone, and in which file, whether it is told who asks or not; no nouns."""
    for path in SOURCES:
        if not named(path).startswith(PAGES):
            continue
        tree = parsed(path)
        names = modules_of(tree)
        for view in ast.walk(tree):
            if isinstance(view, ast.FunctionDef) and any(
                "require_POST" in ast.unparse(one) for one in view.decorator_list
            ):
                for node in ast.walk(view):
                    verb = called(node, names) if isinstance(node, ast.Call) else ""
                    noun = verb.rpartition(".")[2][:1].isupper() or ".models." in verb or ".web." in verb
                    if verb and not noun and not any(one in f".{verb}." for one in READERS):
                        yield verb, named(path)


def without_address(verbs: Mapping[str, str]) -> list[str]:
    """Which of these verbs no program can ask for, and who calls them."""
    asked = {verb: where for verb, where in verbs.items() if verb not in NONE}
    return sorted(
        f"{where} calls {verb}" for verb, where in asked.items() if ANOTHER.get(verb, verb) not in by_programs()
    )


def test_the_verbs_were_found() -> None:
    found = {"projects.queue.release", "taskers.people.invitations.give", "assist.learning.rollout.promote"}
    assert found <= set(by_pages())
    assert len(by_pages()) > 80 and len(by_forms()) > 80


def test_what_a_page_does_a_program_can() -> None:
    assert without_address(by_pages()) == [], "give it an address of the API, or say in NONE why it has none"


def test_what_a_form_does_a_program_can_though_nobody_says_who() -> None:
    others = by_forms().keys() - by_pages().keys() - READS - READS_OF_FORMS
    assert without_address({verb: by_forms()[verb] for verb in others}) == [], "see above"


def test_nothing_is_excused_that_has_an_address_or_that_no_page_does() -> None:
    assert set(NONE) & by_programs() == set()
    assert set(NONE) <= set(by_pages()) and set(ANOTHER) <= set(by_pages())
    assert set(by_forms()) >= READS_OF_FORMS and not READS_OF_FORMS & by_programs()
