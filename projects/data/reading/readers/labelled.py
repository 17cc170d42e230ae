"""The row of a picture that comes with labels."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from projects.data.connectors.files import Files
from projects.data.media.pictures import Picture
from projects.data.reading.readers.listing import shown
from projects.data.reading.readers.marks import Marks
from projects.data.reading.readers.picture_files import picture_of, sized
from projects.data.reading.rows import Fault, Item, Row, Said
from projects.errors import Refused
from projects.task_types.answer_limits import SHA256
from taskers.errors import sentence

Size = tuple[int, int]  # width, height
Mark = Callable[[Marks], tuple[Said, ...]]


class NoPicture(Refused):
    """The picture “%(name)s” didn't come along: put it into one zip or folder with its labels, and load that."""

    code = "no-picture"


def labelled(
    files: Files,
    task_type: str,
    name: str | None,
    called: str,
    mark: Mark,
    *,
    size: Size | None = None,
    asset: object = None,
    external_id: object = None,
    meta: Mapping[str, Any] = MappingProxyType({}),
) -> Item:
    """The row of the picture at `name` with what `mark` makes of its labels; without a picture, of the stored one whose
    sha256 is `asset`. `size` is what the labels say of the picture: where it has another, they don't fit it. `meta`
    comes back with the row.
    """
    place = shown(name or called)
    picture = None
    try:
        if name is not None:
            picture = picture_of(files, name)
            fields = sized(picture, name)
        elif isinstance(asset, str) and SHA256.fullmatch(asset) and size:
            fields = {"asset": asset, "width": size[0], "height": size[1], "name": called}
        else:
            raise NoPicture(name=shown(called.rpartition("/")[2]))
    except Refused as refused:
        return Fault.of(refused, place)
    marks = Marks(task_type, place, fields["width"], fields["height"])
    said: tuple[Said, ...] = ()
    if size and size != (fields["width"], fields["height"]):
        text = sentence(
            "The labels are for a picture of %(width)s × %(height)s; this one is %(own_width)s × %(own_height)s.",
            width=size[0],
            height=size[1],
            own_width=fields["width"],
            own_height=fields["height"],
        )
        marks.lose("", "wrong-image-size", text)
    else:
        said = mark(marks)
    return Row(
        place,
        external_id if isinstance(external_id, str) and external_id else name or called,
        fields | ({"meta": dict(meta)} if meta else {}),
        picture,
        _bytes_of(picture) + sum(len(str(one.answer)) for one in said),
        said=said,
        lost=tuple(marks.lost),
    )


def _bytes_of(picture: Picture | None) -> int:
    return len(picture.data) + len(picture.thumbnail) if picture else 0


def size_of(width: Any, height: Any) -> Size | None:
    """A picture's size as a file of labels has it; None where it has none, or zeros for want of it."""
    try:
        found = int(width), int(height)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if min(found) > 0 else None
