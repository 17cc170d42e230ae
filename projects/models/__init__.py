"""The work: what is asked for, the promises, the answers. One file per chapter."""

from projects.models.answers import Annotation, Gold, Verdict
from projects.models.archives import Archive, ArchivedTask, ArchivePart
from projects.models.broken import BrokenReport
from projects.models.browsing import VerdictEntry, VerdictGone
from projects.models.courses import CourseStep, CourseTry
from projects.models.promises import Assignment, BatchCursor, Draft, Turn
from projects.models.quality import Belief, Calibrated, Crowd, Estimation, Ranking, SecondLook, Trait
from projects.models.remarks import Remark, RemarkQuerySet
from projects.models.reports import AgreementReport
from projects.models.rules import (
    BatchPace,
    BlockedPair,
    DayTally,
    DealingRules,
    Exclusion,
    Requirement,
    Stall,
    StockedGold,
)
from projects.models.seats import ModelAnswer, Seat, SeatMove
from projects.models.settlements import Correctable, GoldSettlement, SeenAnswer
from projects.models.work import (
    Asset,
    Batch,
    BatchProgress,
    Intake,
    IntakeFaults,
    Label,
    Project,
    ProjectSettings,
    Task,
    WindUp,
)

__all__ = [
    "Correctable",
    "WindUp",
    "GoldSettlement",
    "SeenAnswer",
    "Remark",
    "RemarkQuerySet",
    "ModelAnswer",
    "Seat",
    "SeatMove",
    "AgreementReport",
    "BrokenReport",
    "Belief",
    "Calibrated",
    "Crowd",
    "Estimation",
    "Ranking",
    "SecondLook",
    "Trait",
    "Archive",
    "ArchivePart",
    "ArchivedTask",
    "Stall",
    "StockedGold",
    "Requirement",
    "Exclusion",
    "DealingRules",
    "DayTally",
    "BatchPace",
    "BlockedPair",
    "Annotation",
    "Asset",
    "Assignment",
    "Batch",
    "BatchCursor",
    "BatchProgress",
    "CourseStep",
    "CourseTry",
    "Draft",
    "Gold",
    "Intake",
    "IntakeFaults",
    "Label",
    "Project",
    "ProjectSettings",
    "Task",
    "Turn",
    "Verdict",
    "VerdictEntry",
    "VerdictGone",
]
