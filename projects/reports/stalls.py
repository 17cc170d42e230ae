"""Tasks that wait for answers which nobody may give: found by a worker, told on the project's page, with the remedy.

Whoever qualifies has judged them, skipped them, or is kept apart from who did; or nobody qualifies at all. They may be
decided by what came in, like those of a batch that is over.
"""

from collections.abc import Sequence
from datetime import timedelta
from time import monotonic

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest
from procrastinate.contrib.django import app

from projects import access, queue
from projects.models import AssignmentRules, ConflictOfInterest, ModelAnnotator, Project, Stall
from projects.queue.clock import Clock, from_now
from projects.workflow import batch_closing
from projects.workforce import qualified_people, rules
from projects.workforce.qualified_people import PASSING
from taskers.database.prepared import ask
from taskers.models import Event, Membership, Person, Qualification
from taskers.outbox.events import emit

JOB = "projects.jobs.settle_stalled"
MOST_PEOPLE = 60  # a task is judged by 50 at most: where more qualify, somebody may still do it
LOOKED = 2000  # open judgements of a project, the deepest first: those are asked last
LONGEST = 20.0  # seconds of one look at all projects; the next goes on where it stopped
QUIET = 600  # seconds between two looks while nothing happens
COMMITTED = 60  # seconds after its date by which what happened is there to be seen

# Of what is open: the tasks that none of these people may still do.
STUCK = """
SELECT w.task_id, EXISTS (
  SELECT FROM projects_assignment a WHERE a.task_id = w.task_id
    AND (a.kind || '', a.state || '') = ('judge', 'submitted') AND a.voided_at IS NULL OFFSET 0
) AS begun, w.looked
FROM (
  SELECT DISTINCT o.task_id, o.batch_id, count(*) OVER () AS looked FROM (
    SELECT a.task_id, a.batch_id FROM projects_batch b CROSS JOIN LATERAL (
      SELECT a.task_id, a.batch_id FROM projects_assignment a
      WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge'
      ORDER BY a.slot DESC, a.walk_key DESC LIMIT %(looked)s::int
    ) a WHERE b.project_id = %(project)s::bigint AND b.state = 'live' LIMIT %(looked)s::int
  ) o
) w
WHERE NOT EXISTS (
  SELECT FROM unnest(%(people)s::bigint[]) AS p(id)
  WHERE NOT EXISTS (
    SELECT FROM projects_assignment mine
    WHERE mine.tasker_id = p.id AND mine.batch_id = w.batch_id AND mine.task_id = w.task_id
      AND mine.state IN ('held', 'submitted', 'skipped') OFFSET 0
  ) AND NOT EXISTS (
    SELECT FROM unnest(%(ones)s::bigint[], %(others)s::bigint[]) AS pair(one, other)
    JOIN projects_assignment theirs ON theirs.tasker_id = pair.other AND theirs.batch_id = w.batch_id
      AND theirs.task_id = w.task_id AND theirs.kind = 'judge' AND theirs.state IN ('held', 'submitted', 'expired')
    WHERE pair.one = p.id OFFSET 0
  )
)
ORDER BY w.task_id
"""


# Of what is open where people work by list, the tasks that are on nobody's who may work there.
UNLISTED = """
SELECT count(DISTINCT o.task_id) FROM (
  SELECT a.task_id FROM projects_batch b CROSS JOIN LATERAL (
    SELECT a.task_id FROM projects_assignment a
    WHERE a.batch_id = b.id AND a.state = 'open' AND a.kind = 'judge'
    ORDER BY a.slot DESC, a.walk_key DESC LIMIT %(looked)s::int
  ) a WHERE b.project_id = %(project)s::bigint AND b.state = 'live' LIMIT %(looked)s::int
) o WHERE NOT EXISTS (
  SELECT FROM projects_reservation r WHERE r.task_id = o.task_id AND r.over_at IS NULL
    AND (r.person_id = ANY(%(people)s::bigint[]) OR r.team_id = ANY(%(teams)s::bigint[])) OFFSET 0)
"""


def watch() -> int:
    """Look at the projects that hand out work, those first that weren't looked at for longest; says how many stall.

    Where nothing has happened since its last look, a project is looked at again only after some minutes: what else
    matters, such as a day's end, can wait so long.
    """
    live = Project.objects.filter(state=Project.State.LIVE, batches__state="live").distinct()
    rows = live.annotate(looked=F("stall__looked_at")).order_by(F("looked").asc(nulls_first=True), "pk")
    until = monotonic() + LONGEST
    for project in rows.filter(Q(looked=None) | Q(looked__lt=Greatest(from_now(-QUIET), _news()))):
        look(project)
        if monotonic() > until:
            break
    Stall.objects.exclude(project__in=live).delete()
    return Stall.objects.filter(tasks__gt=0).count()


def _news() -> Combinable:
    """Until when a look may have missed what happened last: it is dated by the begin of its transaction."""
    last = Event.objects.order_by("-transaction", "-pk").values("at")[:1]
    return ExpressionWrapper(Subquery(last) + timedelta(seconds=COMMITTED), output_field=DateTimeField())


def look(project: Project) -> Stall:
    """What of a project waits for nobody, kept for its page."""
    people, models, kept = _able(project)
    found = _stuck(project, people)
    looked = found[0][2] if found else 0
    listers, teams = _listers(project, people)
    made, _new = Stall.objects.update_or_create(
        project=project,
        defaults={
            "tasks": len(found),
            "begun": sum(begun for _task, begun, _looked in found),
            "whole": looked < LOOKED,
            "people": len(people) - models,
            "machines": models,
            "kept": kept,
            "unlisted": 0 if listers is None else _unlisted(project, listers, teams or []),
            "listers": listers,
            "teams": teams,
            "looked_at": Clock(),
        },
    )
    return made


def request(project: Project, *, by: Person) -> None:
    """Have a worker decide what is stuck by what came in."""
    app.configure_task(JOB, queue="jobs").defer(project_key=project.pk, person_key=by.pk)


def settle(project: Project, *, by: Person) -> int:
    """Decide the tasks that nobody may still do by what came in, or pass them to reviewers; returns how many.

    Each is a transaction of its own; one that somebody works on meanwhile, or of which nothing came in, is left.
    """
    people, _models, _kept = _able(project)
    settled = sum(batch_closing.settle(task) for task, begun, _looked in _stuck(project, people) if begun)
    emit(
        "stalled_settled",
        organization_id=project.organization_id,
        actor_id=by.pk,
        project_key=project.public_id,
        subject=f"project:{project.public_id}",
        tasks=settled,
    )
    look(project)
    return settled


def _able(project: Project) -> tuple[list[int], int, dict[str, int]]:
    """Who may do tasks here, today or tomorrow; how many of them are models; and how many are kept out, by reason."""
    seen = qualified_people.look_over(project)
    off = set(
        ModelAnnotator.objects.filter(project=project, mode=ModelAnnotator.Mode.OFF).values_list("tasker", flat=True)
    )
    able = [one for one in seen.able if one.pk not in off]
    models = sum(one.kind == Person.Kind.MODEL for one in able)
    kept = {one.code: one.number for one in seen.kept if one.code not in PASSING}
    return [one.pk for one in able], models, kept


def _listers(project: Project, able: Sequence[int]) -> tuple[list[int] | None, list[int] | None]:
    """Whose lists count where people work by list, and which teams'; None in the pool.

    `able` are its taskers who may work, and models; of its office, whoever may is asked for one by one."""
    if rules.in_force(project).mode == AssignmentRules.Mode.POOL:
        return None, None
    here = Q(project_key=None) | Q(project_key=project.public_id)
    rows = Membership.objects.live().filter(here, organization=project.organization_id, role__in=access.REVIEW)
    office = Person.objects.filter(pk__in=rows.values("person")).exclude(pk__in=able)
    kept = {one.pk: queue.kept_from_lists(one, project) for one in office}
    people = Person.objects.filter(pk__in=able).exclude(kind=Person.Kind.MODEL)
    keys = [*people.values_list("pk", flat=True), *(pk for pk, why in kept.items() if not why or why.code in PASSING)]
    valid = Qualification.objects.filter(Q(expires_at=None) | Q(expires_at__gt=Clock()), person__in=keys)
    return sorted(keys), sorted(set(valid.values_list("skill", flat=True)))


def _unlisted(project: Project, people: Sequence[int], teams: Sequence[int]) -> int:
    asked = {"project": project.pk, "looked": LOOKED, "people": list(people), "teams": list(teams)}
    ((number,),) = ask(UNLISTED, asked)
    return number


def _stuck(project: Project, people: Sequence[int]) -> list[tuple[int, bool, int]]:
    if len(people) > MOST_PEOPLE:
        return []
    pairs = ConflictOfInterest.objects.filter(organization=project.organization_id, lifted_at=None)
    both = [pair for one, other in pairs.values_list("first", "second") for pair in ((one, other), (other, one))]
    terms = {"project": project.pk, "people": list(people), "looked": LOOKED}
    return ask(STUCK, terms | {"ones": [one for one, _ in both], "others": [other for _, other in both]})
