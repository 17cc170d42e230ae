"""The work: what is asked for, the promises, the answers. One file per chapter."""

from projects.models.answers import Annotation, Gold, Verdict
from projects.models.browsing import VerdictEntry
from projects.models.promises import Assignment, BatchCursor, Draft
from projects.models.rules import BatchPace, DayTally, DealingRules, Exclusion, Requirement, StockedGold
from projects.models.work import Asset, Batch, BatchProgress, Intake, Label, Project, ProjectSettings, Task

__all__ = [
    "StockedGold",
    "Requirement",
    "Exclusion",
    "DealingRules",
    "DayTally",
    "BatchPace",
    "Annotation",
    "Asset",
    "Assignment",
    "Batch",
    "BatchCursor",
    "BatchProgress",
    "Draft",
    "Gold",
    "Intake",
    "Label",
    "Project",
    "ProjectSettings",
    "Task",
    "Verdict",
    "VerdictEntry",
]
