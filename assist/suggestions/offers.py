"""Plain values that pass between the copilot's parts: what a socket is bound to, what was offered."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from assist.suggestions.prototypes import Choices, Learnt
from assist.suggestions.sureness import Measured

CLASSES = ("classify", "classify-image", "embed-image")  # capabilities by which labels of a whole task are guessed
# How all that stands apart is asked for: few of these masks are taken, however good the model is.
EVERYTHING = {"everything": True}


@dataclass(frozen=True)
class Picture:
    """A stored image: its content's name, its size upright in pixels, where its file lies."""

    sha256: str
    height: int
    width: int
    file: str


@dataclass(frozen=True)
class Imported:
    """What an imported source says of a task: an answer as the task type has it, and how sure it is."""

    model: str  # the source, as suggestions name it
    answer: dict[str, Any]
    score: float | None


@dataclass(frozen=True)
class TextField:
    """A field of a classification that takes a text: its key, what it is called, how long its answer may be."""

    field: str
    name: str
    longest: int  # characters


@dataclass(frozen=True)
class Binding:
    """An assignment and its task, as far as the copilot needs them; without an assignment, a manager's trial."""

    assignment_key: int | None
    task_key: int
    project_key: UUID
    capability: str  # "segment" | "spans" | "classify"
    picture: Picture | None = None
    text: str = ""
    choices: tuple[Choices, ...] = ()  # of a classification: the fields that are guessed
    learnt: dict[str, Learnt] = field(default_factory=dict)  # field -> what verdicts taught the model that answers
    mapping: dict[str, str] = field(default_factory=dict)  # the model's label -> the project's label key
    labels: frozenset[str] = frozenset()  # keys in use
    measured: Measured | None = None  # how far scores of spans or boxes may be believed; None: nobody knows
    minimum_score: float = 0.0
    minimums: dict[str, float] = field(default_factory=dict)  # label key -> its own least score
    planted: bool = False  # this work is shown one wrong suggestion
    sharpens: bool = False  # whether masks of small things are told once more, seen from near
    assignment_id: UUID | None = None  # the assignment's public name
    model: str = ""  # the version deployed for this work; empty: whatever the runtime serves
    imported: Imported | None = None  # offered instead of what a model would find; of images, beside its masks
    own_map: dict[str, str] | None = None  # of a model that was brought: its manifest's label map
    detector: str = ""  # the version that finds boxes in this image, if one is deployed
    detector_map: dict[str, str] | None = None
    shapes: dict[str, tuple[str, ...]] = field(default_factory=dict)  # label key -> the shapes that it takes
    writer: str = ""  # the version that writes texts for fields, if one is deployed
    writes: tuple[TextField, ...] = ()
    words_by: str = ""  # the version that has words for attributes of spans or regions
    worded: dict[str, dict[str, str]] = field(default_factory=dict)  # label key -> those attributes, each with its name
    written: dict[str, str] = field(default_factory=dict)  # label key -> its attribute that holds what is written there

    @property
    def owner(self) -> str:
        """Whose the handles of masks are."""
        return str(self.assignment_key or f"trial-{self.task_key}")

    @property
    def judged(self) -> bool:
        """Whether the model says itself how likely each label is, rather than where the text lies."""
        return self.own_map is not None and self.capability in {"classify", "classify-image"}


@dataclass(frozen=True)
class Offer:
    """One thing that was offered: what was asked, what was answered, how sure, how fast."""

    prompt: dict[str, Any]
    output: dict[str, Any]
    score: float | None
    latency_ms: int
    public_id: UUID = field(default_factory=uuid4)
    planted: bool = False  # wrong on purpose
    model: str = ""  # who offers it, where that isn't the model that answers
