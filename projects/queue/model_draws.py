"""What is drawn by chance: by a hash of keys, so that it is the same whenever and by whomever it is asked, and nothing
that an answer, a person or a model could steer. Each draw has seeds of its own and is independent of the others.
"""

# Evenly in [0, 1).
CHANCE = "(hashint8extended({task}, {seed}) & 1048575) / 1048576.0"
# No key reaches these bits: seeds with one are no other draw's.
VERDICTS = f"{1 << 62}::bigint"
WITHOUT = f"{1 << 61}::bigint"

TEACHING = 0.7  # of a project's groups (copies of a text, one image): models may learn from these alone
# Whether a task is of the others, which choose between models or judge them (assist/learning/splits.py): by the same
# hash of its group under the project's public id.
JUDGES = f"""(
  SELECT ('x' || left(encode(sha256(convert_to(concat_ws(E'\n', 'split', {{key}}::text, coalesce(
    nullif(own.payload ->> 'asset', ''),
    encode(sha256(convert_to(nullif(own.payload ->> 'text', ''), 'UTF8')), 'hex'),
    own.public_id::text)), 'UTF8')), 'hex'), 12))::bit(48)::bigint >= {TEACHING} * (1::bigint << 48)
  FROM projects_task own WHERE own.id = {{task}})"""

# Whether this piece of work may use the copilot; `control` of it, a half at most, goes without, to compare. First of
# all where it judges models, since what people find there without help is what models are judged by: elsewhere it says
# what help does, and no more. Half of the share is drawn by the task, so that all who answer it go without: only what
# such people decide is found blind, and it stays so when the task is dealt once more. For the other half a coin is
# tossed for each who answers one of as many tasks again as the share is: there one had help where the others hadn't,
# and what help does to an answer is seen.
HELPED = f"""CASE WHEN NOT {{copilot}} THEN false WHEN {{control}} <= 0 THEN true ELSE
  CASE WHEN {{judges}} THEN {1 - TEACHING:.1f} * {CHANCE.format(task="{task}", seed=WITHOUT)}
    ELSE {1 - TEACHING:.1f} + {TEACHING} * {CHANCE.format(task="{task}", seed=WITHOUT)} END
  >= {{control}} * CASE WHEN {CHANCE.format(task="{task}", seed="%(tasker)s::bigint")} < 0.5 THEN 1.5 ELSE 0.5 END
END"""

# The same of gold: by task and tasker alone, since the same few tasks come to everybody. Drawn by the task, the arms
# would be compared on other tasks for good. In either kind of task the share is that of other work: whoever knows the
# project's name and what a task shows can work out of which kind it is, and where nothing but gold goes without help
# they would know what is gold.
_FIRST = f"{1 - TEACHING:.1f}"
OF_JUDGES = f"(least(1, 1.5 * {{control}} / {_FIRST}) + least(1, 0.5 * {{control}} / {_FIRST})) / 2"
OF_OTHERS = f"(greatest(0, 1.5 * {{control}} - {_FIRST}) + greatest(0, 0.5 * {{control}} - {_FIRST})) / {2 * TEACHING}"
GOLD_HELPED = f"""{{copilot}} AND {CHANCE.format(task="{task}", seed="%(tasker)s::bigint")}
  >= CASE WHEN {{judges}} THEN {OF_JUDGES} ELSE {OF_OTHERS} END"""

# Whether the models of a project are audited by this task: people answer it without any model. Drawn by task and
# project, so that whoever comes first, a person or a model, the task is the same. The share is the model annotators'.
MODELS_AUDITED = f"{CHANCE.format(task='{task}', seed='-{project}')} < {{share}}"

# Whether the project's method is audited by this task: a reviewer looks at its verdict. The share is the settings'.
VERDICT_AUDITED = f"{CHANCE.format(task='{task}', seed=f'({{project}} | {VERDICTS})')} < {{share}}"


def helped(*, copilot: str, control: str, task: str, key: str, draw: str = HELPED) -> str:
    """HELPED, or GOLD_HELPED, of a task of a project; `key`: its public id."""
    return draw.format(copilot=copilot, control=control, task=task, judges=JUDGES.format(task=task, key=key))
