"""The work: what is asked for, the promises, the answers. One file per chapter."""

from projects.models.alerts import AlertRule
from projects.models.answers import Annotation, AnswerTimes, Gold, Verdict
from projects.models.archives import Archive, ArchivedTask, ArchivePart
from projects.models.broken import BrokenReport
from projects.models.bulk import BulkAction, BulkTrace, ProjectTemplate
from projects.models.comments import Comment, CommentQuerySet
from projects.models.deliveries import Delivery, DeliveryFileGone, DeliveryTerm
from projects.models.illustrations import Illustration
from projects.models.imports import (
    Connector,
    Import,
    ImportedAnnotator,
    ImportedLabel,
    ImportedPrediction,
    ImportFaults,
    LeftMedia,
    PredictionSource,
    SeenFile,
    Upload,
)
from projects.models.model_annotators import DecidingRequest, ModelAnnotator, ModelAnnotatorChange, ModelAnswer
from projects.models.promises import FIRST_SLOTS, Assignment, BatchCursor, ClaimNumber, Draft
from projects.models.qualification import QualificationAttempt, QualificationStep
from projects.models.quality import (
    AccuracyModel,
    AnnotatorParameters,
    AuditRound,
    Estimation,
    MethodCalibration,
    Posterior,
    Ranking,
    SecondLook,
)
from projects.models.reports import AgreementReport, BatchHour, LabelTally
from projects.models.reservations import Reservation
from projects.models.reviews import Mistake
from projects.models.rules import (
    AssignmentRules,
    AutomaticRule,
    BatchPace,
    ConflictOfInterest,
    DayTally,
    Exclusion,
    PooledGold,
    Requirement,
    RuleConsequence,
    Stall,
)
from projects.models.settlements import (
    AwaitedReview,
    Correctable,
    GoldSettlement,
    ProposedDeadline,
    ReviewDeadline,
    SeenAnswer,
)
from projects.models.task_index import TaskTag, TaskView, TaskWords
from projects.models.verdict_index import VerdictEntry, VerdictGone
from projects.models.webhooks import Subscription, TaskCallback, WebhookDelivery, WebhookFailure
from projects.models.work import (
    Asset,
    Batch,
    BatchClosing,
    BatchProgress,
    Label,
    Project,
    ProjectSettings,
    SpendingLimit,
    Task,
)

__all__ = [
    "AwaitedReview",
    "FIRST_SLOTS",
    "AutomaticRule",
    "ProposedDeadline",
    "ReviewDeadline",
    "RuleConsequence",
    "AuditRound",
    "Mistake",
    "Connector",
    "ImportedAnnotator",
    "ImportedLabel",
    "ImportedPrediction",
    "LeftMedia",
    "PredictionSource",
    "SeenFile",
    "DecidingRequest",
    "Delivery",
    "Subscription",
    "TaskCallback",
    "WebhookDelivery",
    "WebhookFailure",
    "Correctable",
    "BatchClosing",
    "GoldSettlement",
    "SeenAnswer",
    "Comment",
    "CommentQuerySet",
    "ModelAnswer",
    "ModelAnnotator",
    "ModelAnnotatorChange",
    "AgreementReport",
    "AlertRule",
    "BatchHour",
    "LabelTally",
    "BrokenReport",
    "BulkAction",
    "BulkTrace",
    "TaskTag",
    "TaskView",
    "TaskWords",
    "ProjectTemplate",
    "Posterior",
    "MethodCalibration",
    "AccuracyModel",
    "Estimation",
    "Ranking",
    "SecondLook",
    "AnnotatorParameters",
    "Archive",
    "ArchivePart",
    "ArchivedTask",
    "SpendingLimit",
    "Stall",
    "PooledGold",
    "Requirement",
    "Reservation",
    "Exclusion",
    "AssignmentRules",
    "DayTally",
    "BatchPace",
    "ConflictOfInterest",
    "Annotation",
    "AnswerTimes",
    "Asset",
    "Assignment",
    "Batch",
    "BatchCursor",
    "BatchProgress",
    "QualificationStep",
    "QualificationAttempt",
    "Draft",
    "Gold",
    "Import",
    "ImportFaults",
    "Upload",
    "DeliveryFileGone",
    "DeliveryTerm",
    "Illustration",
    "Label",
    "Project",
    "ProjectSettings",
    "Task",
    "ClaimNumber",
    "Verdict",
    "VerdictEntry",
    "VerdictGone",
]
