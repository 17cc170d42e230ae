"""What is drawn by chance: by a hash of keys, so that it is the same whenever and by whomever it is asked, and nothing
that an answer, a person or a model could steer. Each draw has seeds of its own and is independent of the others.
"""

# Evenly in [0, 1).
CHANCE = "(hashint8extended({task}, {seed}) & 1048575) / 1048576.0"
# No key reaches this bit: seeds with it are no other draw's.
VERDICTS = f"{1 << 62}::bigint"

# Whether this piece of work may use the copilot. Which ones go without, to compare, is drawn by task and tasker.
HELPED = f"{{copilot}} AND {CHANCE.format(task='{task}', seed='%(tasker)s::bigint')} >= {{control}}"

# Whether the models of a project are audited by this task: people answer it without any model. Drawn by task and
# project, so that whoever comes first, a person or a model, the task is the same. The share is the model annotators'.
MODELS_AUDITED = f"{CHANCE.format(task='{task}', seed='-{project}')} < {{share}}"

# Whether the project's method is audited by this task: a reviewer looks at its verdict. The share is the settings'.
VERDICT_AUDITED = f"{CHANCE.format(task='{task}', seed=f'({{project}} | {VERDICTS})')} < {{share}}"
