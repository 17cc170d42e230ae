"""Putting a picture into a project's instructions."""

from pathlib import PurePath

from django.db import transaction
from django.utils.text import slugify

from projects.configuration.project_events import tell
from projects.data.media import assets
from projects.data.media.pictures import Picture, read_picture
from projects.errors import Refused
from projects.models import Illustration, Project, limits
from taskers.errors import StateConflict
from taskers.models import Person


def name_for(said: str, file_name: str) -> str:
    """What a picture is called in the text: as said, else after its file, in small letters, digits and dashes."""
    return slugify(said.strip() or PurePath(file_name).stem)[: limits.KEY].strip("-_")


@transaction.atomic
def illustrate(project: Project, data: bytes, *, name: str, alt: str, by: Person) -> Illustration:
    """Keep a picture under a name that is free, checked and stored as a task's pictures are. Raises Refused for what
    is no safe picture, too large or one too many, and StateConflict for a name that a picture has or had."""
    alt = " ".join(alt.replace("\x00", "").split())
    if not name or slugify(name) != name or len(name) > limits.KEY:
        text = "A picture's name is of small letters, digits and dashes."
        raise Refused(text, code="bad-name", place="name")
    if not alt:
        text = "Say what the picture shows: some who read the instructions don't see it."
        raise Refused(text, code="no-alt", place="alt")
    if len(alt) > limits.ALT:
        raise Refused("This takes at most %(most)s characters.", code="too-long", place="alt", most=limits.ALT)
    if len(data) > limits.ILLUSTRATION_BYTES:
        text = "The file has %(number)s bytes; at most %(most)s are allowed."
        raise Refused(text, code="too-large", place="file", number=len(data), most=limits.ILLUSTRATION_BYTES)
    picture = _read(data)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # one after the other, so that all are counted
    rows = Illustration.objects.filter(project=project)
    if rows.filter(name=name).exists():
        text = "A picture of these instructions is or was called %(name)s. Choose another name."
        raise StateConflict(text, code="name-taken", place="name", name=name)
    if rows.filter(removed_at=None).count() >= limits.ILLUSTRATIONS:
        text = "Instructions hold at most %(most)s pictures. Remove one first."
        raise Refused(text, code="too-many", place="file", most=limits.ILLUSTRATIONS)
    asset = assets.store(project.organization, [picture])[picture.sha256]
    made = Illustration.objects.create(project=project, name=name, alt=alt, asset=asset, added_by=by)
    tell("illustration_added", project, by, name=name)
    return made


def _read(data: bytes) -> Picture:
    """The picture as it will be stored; what is wrong with it is said beside the file."""
    try:
        return read_picture(data)
    except Refused as refused:
        refused.place = "file"
        raise
