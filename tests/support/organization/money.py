"""What can be named of its money."""

from projects.models import Project
from projects.quality import approvals
from taskers.models import Dispute, Transfer
from taskers.money import bonus_rules, bonuses, disputes, payouts, years
from tests.support.cast import Cast
from tests.support.organization.world import World
from tests.support.taskers.money import earn


def money(world: World, cast: Cast) -> None:
    """Runs that Fay made, as far as they can be; a dispute of Alice's; and something that is owed yet."""
    runs = {}
    for name in ("proposed", "approved", "called off"):
        earn(cast, cast.alice, 1_000_000)
        runs[name] = payouts.propose(cast.riverside, cast.fay)
    for name in ("approved", "called off"):
        payouts.approve(runs[name], cast.olga)
    payouts.export(runs["called off"], cast.fay)
    payouts.cancel(runs["called off"], cast.fay)
    earn(cast, cast.alice, 1_000_000)
    dispute: Dispute = disputes.open(
        cast.riverside, cast.alice, subject=f"task:{world.things['disputed']}", text="Secret question"
    )
    world.things |= {"payout_key": runs["proposed"].public_id, "role": "tasker"}
    world.things |= {"payout_id": runs["proposed"].pk, "dispute_id": dispute.pk, "dispute_key": dispute.public_id}
    world.others |= {"approved": {"payout_id": runs["approved"].pk, "payout_key": runs["approved"].public_id}}
    earn(cast, cast.alice, 1_000_000)
    sent = payouts.approve(payouts.propose(cast.riverside, cast.fay), cast.olga)
    payouts.export(sent, cast.fay)
    world.others |= {
        "with the processor": {"payout_key": sent.public_id, "item_id": sent.items.get(tasker=cast.alice).pk}
    }
    closed = years._close(cast.riverside, 2001, years.begins(2002), cast.fay)
    bonus = bonuses.give(
        cast.riverside,
        cast.fay,
        tasker=cast.alice,
        project_key=world.things["project_id"],
        amount=90_000_000,
        reason="Secret reason",
    )
    terms = bonus_rules.Terms("agreement", 0.9, 10, 5_000_000, 50_000_000, 500_000_000, 30)
    approvals.propose(Project.objects.get(public_id=world.things["project_id"]), cast.mina, 9)
    rule = bonus_rules.propose(cast.riverside, world.things["project_id"], terms, by=cast.mina)
    world.things |= {"bonus_rule_id": rule.public_id}
    world.others |= {"closed": {"year": closed.year}}
    world.things |= {
        "item_id": runs["proposed"].items.get(tasker=cast.alice).pk,
        "transfer_id": Transfer.objects.filter(source__kind="labelling", source__organization=cast.riverside)[0].pk,
        "bonus_id": bonus.public_id,
        "year": 2020,
    }
    world.others |= {"called off": {"payout_id": runs["called off"].pk}}
