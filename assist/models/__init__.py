"""Every noun of the copilot and of the model loop, in one place to import from."""

from assist.models.annotators import AnnotatorVersion, DecidingAnnotator, DecidingFloors
from assist.models.copilot import (
    DecidedTerms,
    Deployment,
    Evaluation,
    LabelVectors,
    ModelVersion,
    Override,
    Precompute,
    Precomputed,
    Suggestion,
)
from assist.models.copilot_harm import CopilotHarm
from assist.models.defaults import BegunProject, OrganizationDefault, PassedOver
from assist.models.drift import DriftSeries, RaisedAudits
from assist.models.erasure import ErasedTask, Erasure, Tombstone
from assist.models.improvement import (
    DeclaredSlice,
    EvaluationAnswer,
    EvaluationConfusions,
    EvaluationScore,
    LabelCheck,
)
from assist.models.likeness import NearlyTheSame, TaskGroup, TaskMap
from assist.models.measured_scores import MeasuredScores
from assist.models.plans import PlanRound, RoundStep, TrainingPlan
from assist.models.rollouts import Rollout, RolloutEvent, ShadowAnswer
from assist.models.search import Search, Trial
from assist.models.selection import SelectedTask, Selection, SelectionRound
from assist.models.training import Snapshot, SnapshotRow, TrainingRun

__all__ = [
    "AnnotatorVersion",
    "BegunProject",
    "CopilotHarm",
    "DecidedTerms",
    "DecidingAnnotator",
    "DecidingFloors",
    "DeclaredSlice",
    "Deployment",
    "DriftSeries",
    "ErasedTask",
    "Erasure",
    "Evaluation",
    "EvaluationAnswer",
    "EvaluationConfusions",
    "EvaluationScore",
    "LabelCheck",
    "LabelVectors",
    "MeasuredScores",
    "ModelVersion",
    "NearlyTheSame",
    "OrganizationDefault",
    "Override",
    "PassedOver",
    "PlanRound",
    "Precompute",
    "Precomputed",
    "RaisedAudits",
    "Rollout",
    "RolloutEvent",
    "RoundStep",
    "SelectedTask",
    "Selection",
    "SelectionRound",
    "ShadowAnswer",
    "Search",
    "Snapshot",
    "SnapshotRow",
    "Suggestion",
    "TaskGroup",
    "TaskMap",
    "Tombstone",
    "TrainingPlan",
    "TrainingRun",
    "Trial",
]
