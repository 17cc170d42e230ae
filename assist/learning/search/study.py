"""Optuna, by ask and tell, in a schema of its own in PostgreSQL: which settings to try next, whether a trial is worth
going on with, and which settings matter.

Our own rows say what happened; a study is told so, and can be told again. It is loaded when a search needs it, by
workers alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

import optuna
from django.db import connection, transaction
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import TrialState
from procrastinate.contrib.django.utils import connector_params
from psycopg import connect

from assist.learning.recipes.recipe import Parameter, Value

SCHEMA = "optuna"
CONNECTIONS = 2  # of one worker, while it is at a trial
FIRST_BY_CHANCE = 8  # trials
ENOUGH = 6  # finished trials, to say what matters
LOCK = 7_268_114  # an advisory lock's number: one at a time writes down the version of Optuna's tables
PRUNER = MedianPruner(n_startup_trials=4, n_warmup_steps=2)

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class Told:
    """What our rows say of a trial: "running", "done" with its value, "pruned" or "failed"."""

    state: str
    value: float | None = None


STATES = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED}


class Study:
    """One search's study."""

    def __init__(self, storage: RDBStorage, name: str, parameters: Mapping[str, Parameter]) -> None:
        self._space = {key: _distribution(one) for key, one in parameters.items() if one.searched}
        self._storage, self._name = storage, name
        self._study = optuna.create_study(
            storage=storage, study_name=name, load_if_exists=True, direction="maximize", pruner=PRUNER
        )

    def settle(self, rows: Mapping[int, Told]) -> None:
        """Tell what is known of each trial that still counts as running; one that nobody knows has failed."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            known = rows.get(trial.number, Told("failed"))
            if known.state == "running":
                continue
            state = STATES.get(known.state, TrialState.FAIL)
            values = known.value if state == TrialState.COMPLETE else None
            self._study.tell(trial.number, values, state=state)

    def ask(self, seed: int, fixed: Mapping[str, Value]) -> tuple[int, dict[str, Value]]:
        """The next trial's number here and its settings: `fixed`, or what the finished ones and the seed lead to."""
        own = {key: value for key, value in fixed.items() if key in self._space}
        if own:
            self._study.enqueue_trial(own)
        self._study.sampler = TPESampler(seed=seed, n_startup_trials=FIRST_BY_CHANCE)
        trial = self._study.ask(self._space)
        return trial.number, dict(trial.params)

    def poor(self, number: int, step: int, value: float) -> bool:
        """Write down how a trial stands at a step; whether it is worth no more."""
        key = self._storage.get_trial_id_from_study_id_trial_number(
            self._storage.get_study_id_from_name(self._name), number
        )
        self._storage.set_trial_intermediate_value(key, step, value)
        return PRUNER.prune(self._study, self._storage.get_trial(key))

    def importance(self) -> dict[str, float]:
        """For each parameter the share of the figure's rise and fall that it explains; nothing where none can tell."""
        done = [one.value for one in self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))]
        if len(done) < ENOUGH or len(set(done)) < 2:
            return {}
        found = get_param_importances(self._study, evaluator=PedAnovaImportanceEvaluator())
        return {key: round(float(share), 4) for key, share in found.items()}

    def running(self) -> Sequence[int]:
        """The numbers of the trials that count as running."""
        return [one.number for one in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))]


@contextmanager
def opened(name: str, parameters: Mapping[str, Parameter]) -> Iterator[Study]:
    """A study by its name, made where there is none; its connections are given back at the end."""
    storage = _storage(connection.settings_dict["NAME"])
    try:
        yield Study(storage, name, parameters)
    finally:
        storage.engine.dispose()  # a worker that tries nothing holds no connection


def chance(seed: int, number: int) -> int:
    """The sampler's seed for a trial: the same whichever worker asks, and however often."""
    return int.from_bytes(sha256(f"{seed}:{number}".encode()).digest()[:4])


@cache
def _storage(database: str) -> RDBStorage:
    """Of this database. Its tables are made by a migration: whoever signs in here may make none."""
    terms = connector_params()
    terms["options"] = f"{terms.get('options', '')} -c search_path={SCHEMA}".strip()
    engine = {"creator": lambda: connect(**terms), "pool_size": 1, "max_overflow": CONNECTIONS - 1}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return RDBStorage("postgresql+psycopg://", engine_kwargs=engine, skip_table_creation=True)


def _distribution(one: Parameter) -> BaseDistribution:
    if isinstance(one.usual, bool):
        return CategoricalDistribution([False, True])
    if isinstance(one.usual, int):
        return IntDistribution(int(one.least), int(one.most), log=one.log)
    return FloatDistribution(float(one.least), float(one.most), log=one.log)
