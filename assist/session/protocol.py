"""Every message between a page and the copilot, and the only place that reads or writes them.

JSON text frames. The twin is static/js/assist/protocol.js; both are tested against
tests/fixtures/assist_protocol.json. docs/assist-protocol.md tells the story.
"""

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from assist.errors import CopilotError
from assist.session.progress import SearchProgress

MAX_BYTES = 64 * 1024
MAX_POINTS = 64
MAX_COORDINATE = 1_000_000
MAX_NAME = 120  # characters

ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadMessage(CopilotError):
    """A frame that is no message. `id` is the message's own, when that much could be read."""

    def __init__(self, code: str, text: str = "", id: str | None = None) -> None:
        super().__init__(code, text)
        self.id = id


@dataclass(frozen=True)
class Open:
    """I hold this assignment; here is my token."""

    id: str
    token: UUID


@dataclass(frozen=True)
class Wanted:
    """Words for a part of the answer, by its id, its label and the attribute that takes them: of a span by its place in
    the text, of a region by the box around it."""

    part: str
    label: str
    attribute: str
    start: int = 0
    end: int = 0
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Prompt:
    """Find this: points and a box in pixels of the upright image, or what the text says."""

    id: str
    points: tuple[tuple[float, float, bool], ...] = ()
    box: tuple[float, float, float, float] | None = None
    previous: str | None = None  # handle of the mask that this prompt refines
    text: bool = False
    imported: bool = False  # the regions that were imported with the image
    boxes: bool = False  # or all that a detector sees in the image
    everything: bool = False  # or the masks of all that stands apart in it
    words: Wanted | None = None  # or words for an attribute of what is marked

    @property
    def beside(self) -> str:
        """What is answered beside the other questions: "boxes", "everything" or "words"; "" for what isn't."""
        return next((name for name in ("boxes", "everything", "words") if getattr(self, name)), "")


@dataclass(frozen=True)
class Cancel:
    """Forget the prompt of this id."""

    id: str


@dataclass(frozen=True)
class Ping:
    """Are you still there? A browser can't see that a line has died; silence after this tells it."""

    id: str


@dataclass(frozen=True)
class Ready:
    """The copilot listens: what it can do, and which model will answer."""

    id: str
    capability: str  # "segment" | "spans" | "classify"
    model: str
    waits: bool = False  # ask only when the person does: too little is known of how good its answers are here
    imported: bool = False  # regions were imported with the image; a prompt with imported: true is told them
    boxes: bool = False  # whether a detector may be asked for what is in the image
    words: bool = False  # whether words may be asked for attributes of what is marked


@dataclass(frozen=True)
class OfferedMask:
    """One mask: COCO compressed run lengths at `size` (height, width)."""

    size: tuple[int, int]
    counts: str
    score: float
    handle: str


@dataclass(frozen=True)
class OfferedShape:
    """A mask as it is: COCO compressed run lengths at `size` (height, width)."""

    size: tuple[int, int]
    counts: str


@dataclass(frozen=True)
class MasksFound:
    """Three masks for one prompt. `size` of each is `image_size`, or that brought down to 1024 at its longest."""

    id: str
    suggestion: str
    model: str
    masks: tuple[OfferedMask, ...]
    best: int
    image_size: tuple[int, int]
    latency_ms: int
    more: bool = False  # another follows, of the same id: sharper masks of a small thing, or these again


@dataclass(frozen=True)
class OfferedSpan:
    """One span: code points, end exclusive, with the project's label; no score where the model gives none. `model` says
    who offers it. `band`: "high", "medium" or "low", by how often such spans were right; None: nobody knows."""

    suggestion: str
    start: int
    end: int
    label: str
    score: float | None
    model: str
    band: str | None


@dataclass(frozen=True)
class SpansFound:
    """All spans that the model sees in the text and the project has a label for, and names that were decided before."""

    id: str
    model: str
    spans: tuple[OfferedSpan, ...]
    latency_ms: int


@dataclass(frozen=True)
class OfferedClass:
    """The likeliest label of a field; no score where nobody knows yet how far it may be believed. Of a field that takes
    a text the words that a model wrote; `model` names who offers it."""

    suggestion: str
    field: str
    label: str  # of a tree: the end of the path
    score: float | None
    model: str


@dataclass(frozen=True)
class ClassesFound:
    """One label at most for each field of the project that takes one."""

    id: str
    model: str
    classes: tuple[OfferedClass, ...]
    latency_ms: int
    more: bool = False  # another follows, of the same id: these, and the words that a model writes meanwhile


@dataclass(frozen=True)
class OfferedRegion:
    """One region, as answers hold them."""

    suggestion: str
    label: str
    shape: dict[str, Any]
    attributes: dict[str, Any]
    score: float | None


@dataclass(frozen=True)
class RegionsFound:
    """All regions that were imported with the image. `model` names their source."""

    id: str
    model: str
    regions: tuple[OfferedRegion, ...]
    latency_ms: int


@dataclass(frozen=True)
class OfferedBox:
    """One thing in the image: x, y, width, height in pixels of it, with the project's label, "" where nobody says what
    it is; the mask that was made of it, where that label takes masks and no boxes; and what is written there, in the
    attribute that the label has for it. `band`: as of a span."""

    suggestion: str
    box: tuple[float, float, float, float]
    label: str
    score: float | None
    mask: OfferedShape | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    band: str | None = None


@dataclass(frozen=True)
class BoxesFound:
    """All that the detector sees in the image and the project has a label for; `note`: what of its answer could not be
    used, in words, or nothing."""

    id: str
    model: str
    boxes: tuple[OfferedBox, ...]
    note: str
    latency_ms: int


@dataclass(frozen=True)
class WordsFound:
    """What a model writes, or reads, for an attribute of a span or a region."""

    id: str
    suggestion: str
    model: str
    words: str
    latency_ms: int


@dataclass(frozen=True)
class Pong:
    """Still here."""

    id: str


@dataclass(frozen=True)
class Error:
    """No answer to this id, and why; `id` is None if the message had none that could be read."""

    id: str | None
    code: str
    text: str


ClientMessage = Open | Prompt | Cancel | Ping
Answer = MasksFound | SpansFound | ClassesFound | RegionsFound | BoxesFound | WordsFound
ServerMessage = Ready | Answer | SearchProgress | Pong | Error
More = ClassesFound | MasksFound  # what another of the same id may follow
NAMES = {
    Ready: "ready",
    MasksFound: "masks",
    SpansFound: "spans",
    ClassesFound: "classes",
    RegionsFound: "regions",
    BoxesFound: "boxes",
    SearchProgress: "progress",
    WordsFound: "words",
    Pong: "pong",
    Error: "error",
}


def dump(message: ServerMessage) -> str:
    """The frame for a message from the server."""
    return json.dumps({"type": NAMES[type(message)], **asdict(message)}, separators=(",", ":"), allow_nan=False)


def parse(frame: str) -> ClientMessage:
    """The message in a frame from a page. Raises BadMessage: too-big, bad-message or bad-prompt."""
    if len(frame) > MAX_BYTES or len(frame.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise BadMessage("too-big", f"A message has at most {MAX_BYTES // 1024} kB.")
    try:
        fields = json.loads(frame, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadMessage("bad-message", "This is not JSON.") from None
    if not isinstance(fields, dict):
        raise BadMessage("bad-message", "A message is a JSON object.")
    id = fields.get("id")
    if not isinstance(id, str) or not ID.fullmatch(id):
        raise BadMessage("bad-message", "A message has an id of 1 to 64 letters, digits or . _ : -")
    match fields.get("type"):
        case "open":
            _only(fields, {"type", "id", "token"}, id)
            return Open(id, _token(fields, id))
        case "prompt":
            _only(fields, {"type", "id", "prompt"}, id)
            return _prompt(fields.get("prompt"), id)
        case "cancel":
            _only(fields, {"type", "id"}, id)
            return Cancel(id)
        case "ping":
            _only(fields, {"type", "id"}, id)
            return Ping(id)
    raise BadMessage("bad-message", "The type is open, prompt, cancel or ping.", id)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _only(fields: dict[str, Any], known: set[str], id: str, code: str = "bad-message") -> None:
    unknown = sorted(fields.keys() - known)
    if unknown:
        raise BadMessage(code, f"Unknown field: {unknown[0][:40]}.", id)


def _token(fields: dict[str, Any], id: str) -> UUID:
    token = fields.get("token")
    if not isinstance(token, str) or not UUID_TEXT.fullmatch(token):
        raise BadMessage("bad-message", "The token is a UUID.", id)
    return UUID(token)


# What is asked of all of a text or an image, and what is said of another value than true.
WHOLE = {
    "text": "A text prompt says text: true.",
    "imported": "A prompt for what was imported says imported: true.",
    "boxes": "A prompt for all boxes says boxes: true.",
    "everything": "A prompt for everything says everything: true.",
}


def _prompt(fields: Any, id: str) -> Prompt:
    if not isinstance(fields, dict):
        raise BadMessage("bad-prompt", "A prompt is an object.", id)
    if "words" in fields:
        _only(fields, {"words"}, id, "bad-prompt")
        return Prompt(id, words=_wanted(fields["words"], id))
    for name, problem in WHOLE.items():
        if name in fields:
            _only(fields, {name}, id, "bad-prompt")
            if fields[name] is not True:
                raise BadMessage("bad-prompt", problem, id)
            asked: dict[str, Any] = {name: True}
            return Prompt(id, **asked)
    _only(fields, {"points", "box", "previous"}, id, "bad-prompt")
    points, box = _points(fields.get("points", []), id), _box(fields.get("box"), id)
    previous = fields.get("previous")
    if previous is not None and not (isinstance(previous, str) and ID.fullmatch(previous)):
        raise BadMessage("bad-prompt", "previous is the handle of a mask, or null.", id)
    if not points and box is None:
        raise BadMessage("bad-prompt", "A prompt has at least one point or a box.", id)
    return Prompt(id, points, box, previous)


def _wanted(fields: Any, id: str) -> Wanted:
    if not isinstance(fields, dict):
        raise BadMessage("bad-prompt", "words is an object.", id)
    _only(fields, {"part", "label", "attribute", "start", "end", "box"}, id, "bad-prompt")
    names = [fields.get(name) for name in ("part", "label", "attribute")]
    if not all(isinstance(one, str) and 0 < len(one) <= MAX_NAME for one in names):
        raise BadMessage("bad-prompt", "Words are asked for a part, a label and an attribute.", id)
    start, end, box = fields.get("start", 0), fields.get("end", 0), _box(fields.get("box"), id)
    placed = type(start) is type(end) is int and 0 <= start < end <= MAX_COORDINATE
    if placed == (box is not None):
        raise BadMessage("bad-prompt", "Words are asked for a span, by start and end, or for a box.", id)
    part, label, attribute = map(str, names)
    return Wanted(part, label, attribute, start, end, box)


def _points(value: Any, id: str) -> tuple[tuple[float, float, bool], ...]:
    if not isinstance(value, list):
        raise BadMessage("bad-prompt", "points is a list.", id)
    if len(value) > MAX_POINTS:
        raise BadMessage("bad-prompt", f"A prompt has at most {MAX_POINTS} points.", id)
    points = []
    for point in value:
        if not isinstance(point, list) or len(point) != 3 or not all(map(_is_number, point)):
            raise BadMessage("bad-prompt", "A point is [x, y, 1 or 0].", id)
        if point[2] not in (0, 1):
            raise BadMessage("bad-prompt", "A point ends in 1 (include) or 0 (leave out).", id)
        points.append((float(point[0]), float(point[1]), point[2] == 1))
    return tuple(points)


def _box(value: Any, id: str) -> tuple[float, float, float, float] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4 or not all(map(_is_number, value)):
        raise BadMessage("bad-prompt", "A box is [x, y, width, height], or null.", id)
    if value[2] <= 0 or value[3] <= 0:
        raise BadMessage("bad-prompt", "A box is wider and higher than nothing.", id)
    x, y, width, height = map(float, value)
    return x, y, width, height


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_COORDINATE
