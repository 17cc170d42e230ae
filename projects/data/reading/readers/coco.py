"""COCO: instances, key points, panoptic, labels, and detectors' results beside them; any number of files together.

Each file is read twice, part by part: once for its images and categories, once for its annotations, which may stand
anywhere. Of images and annotations only numbers and names are held in memory. A file that is cut off is left out whole:
whose marks are complete can't be known.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

from projects.data.connectors.files import Files
from projects.data.reading.format import ImportFormat, Reading
from projects.data.reading.readers.coco_marks import Category, category_of, mark
from projects.data.reading.readers.gathered import Gathered
from projects.data.reading.readers.going_on import Later, after
from projects.data.reading.readers.json_parts import Part, parts
from projects.data.reading.readers.labelled import labelled, size_of
from projects.data.reading.readers.listing import head, named, passed_over, shown, wanted
from projects.data.reading.readers.picture_files import PictureNames
from projects.data.reading.readers.pictures import picture_row
from projects.data.reading.rows import Fault, Item
from projects.errors import Refused
from taskers.errors import sentence

ENDINGS = (".json",)
MAX_IMAGES = 2_000_000
MAX_CATEGORIES = 100_000
ABOUT = ("file_name", "width", "height", "sha256", "external_id")


def read(files: Files, reading: Reading) -> Iterator[Item]:
    """The rows of all images that the files name, then those of pictures that no file names."""
    return after(_items(files, reading.task_type), reading.skip)


def _items(files: Files, task_type: str) -> Iterator[Item | Later]:
    with closing(_Set(files)) as found:
        found.gather()
        yield from found.faults
        for number in range(len(found.numbers)):
            yield Later(found.item, number, task_type)
        for name in found.pictures.names:
            if name not in found.numbers and name not in found.masks:
                yield Later(picture_row, files, name)


class _File(NamedTuple):
    """One file of annotations, without them."""

    name: str
    images: dict[Hashable, int]  # the id of an image -> its number
    categories: dict[Hashable, Category]


class _Set:
    """What some files say, by picture."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.pictures = PictureNames(files)
        self.numbers: dict[str, int] = {}  # of images, by their picture's name or else what they are called
        self.faults: list[Fault] = []
        self.masks: set[str] = set()  # pictures that are masks, and no items
        self._about, self._annotations = Gathered(), Gathered()
        self._known: list[_File] = []
        self._results: list[str] = []  # files of a detector's results
        self._labelled = False  # somebody annotated an image

    def close(self) -> None:
        """Give the disk back."""
        self._about.close()
        self._annotations.close()

    def gather(self) -> None:
        """Read all files of annotations."""
        for entry in wanted(self._files):
            if not entry.name.lower().endswith(ENDINGS):
                continue
            try:
                found = self._images(entry.name)
            except Refused as refused:
                self.faults.append(Fault.of(refused, shown(entry.name)))
                continue
            if found is None:
                self._results.append(entry.name)
            elif found.images:
                self._known.append(found)
                self._gather_annotations(found)
            else:
                self.faults.append(passed_over(entry.name))
        for name in self._results:
            self._gather_results(name)
        if not self.numbers:
            first = self.faults[0] if self.faults else None
            text = "No file of annotations names an image. The first trouble: %(first)s"
            raise Refused(text, code="no-images", first=f"{first.place}: {first.text}" if first else "none.")

    def _images(self, name: str) -> _File | None:
        """Its images and categories; None for a detector's results. Raises Refused, before anything of it is kept."""
        images: list[tuple[Any, dict[str, Any]]] = []
        categories: dict[Hashable, Category] = {}
        tells = False
        with self._files.open(name) as file:
            for part in parts(file):
                if part.key == "" and not part.place.startswith("[0]"):
                    continue
                if part.key == "" and _is_result(part.value):
                    return None
                if part.key == "images" and part.value != []:
                    images.append((part.place, _brief(part.value)))
                elif part.key == "categories" and part.value != [] and len(categories) < MAX_CATEGORIES:
                    self._add_category(categories, part, name)
                tells = tells or part.key == "annotations"
        found = _File(name, {}, categories)
        for place, image in images:
            self._add_image(found, image, f"{shown(name)}, {place}", tells)
        return found

    def _add_category(self, categories: dict[Hashable, Category], part: Part, name: str) -> None:
        id = part.value.get("id") if isinstance(part.value, dict) else None
        category = category_of(part.value)
        if category is None or not isinstance(id, int | str) or id in categories:
            text = "A category has an id of its own, and a name."
            self.faults.append(Fault(f"{shown(name)}, {part.place}", "bad-category", text))
        else:
            categories[id] = category

    def _add_image(self, file: _File, image: Any, place: str, tells: bool) -> None:
        called = image.get("file_name") if isinstance(image, dict) else None
        if not isinstance(called, str) or not called.strip() or not isinstance(image.get("id"), int | str):
            self.faults.append(Fault(place, "bad-image", "An image has an id and a file_name."))
            return
        if image["id"] in file.images:
            text = sentence(
                "The id %(id)s is that of an earlier image, which keeps its annotations.", id=str(image["id"])[:60]
            )
            self.faults.append(Fault(place, "duplicate-id", text))
            return
        found = self.pictures.of(called, file.name)
        number = self.numbers.setdefault(found or called, len(self.numbers))
        if number >= MAX_IMAGES:
            raise Refused("There are too many images; split the set.", code="too-large")
        file.images[image["id"]] = number
        self._about.add(number, {key: image[key] for key in ABOUT if key in image} | {"picture": found, "tells": tells})

    def _gather_annotations(self, found: _File) -> None:
        with self._files.open(found.name) as file:
            for part in parts(file):
                if part.key == "annotations" and part.value != []:
                    self._keep(part, found, len(self._known) - 1)

    def _gather_results(self, name: str) -> None:
        """A detector's results are about the images of the one file there is, or of the one that has the first's id."""
        try:
            with self._files.open(name) as file:
                for part in parts(file):
                    id = part.value.get("image_id") if isinstance(part.value, dict) else None
                    owners = [at for at, one in enumerate(self._known) if isinstance(id, Hashable) and id in one.images]
                    at = owners[0] if len(owners) == 1 else -1
                    self._keep(part, self._known[at] if owners else _File(name, {}, {}), at, predicted=name)
        except Refused as refused:
            self.faults.append(Fault.of(refused, shown(name)))

    def _keep(self, part: Part, file: _File, at: int, predicted: str = "") -> None:
        place = f"{shown(predicted or file.name)}, {part.place}"
        value = part.value if isinstance(part.value, dict) else {}
        id = value.get("image_id")
        if not isinstance(id, int | str) or id not in file.images or at < 0:
            text = sentence("There is no image with the id %(id)s, or several files have one.", id=str(id)[:60])
            self.faults.append(Fault(place, "no-such-image", text))
            return
        if isinstance(value.get("segments_info"), list) and isinstance(value.get("file_name"), str):
            folder = file.name.removesuffix(".json").rpartition("/")[2]
            value["mask"] = self.pictures.of(f"{folder}/{value['file_name']}", file.name)
            self.masks.add(value["mask"] or "")
        self._labelled = self._labelled or not predicted
        self._annotations.add(file.images[id], {"of": at, "at": part.place, "predicted": predicted, "it": value})

    def item(self, number: int, task_type: str) -> Item:
        """The row of an image."""
        about = self._about.of(number)
        first = about[0]
        return labelled(
            self._files,
            task_type,
            first["picture"],
            first["file_name"],
            partial(self._mark, number, self._tells(about)),
            size=size_of(first.get("width"), first.get("height")),
            asset=first.get("sha256"),
            external_id=first.get("external_id"),
        )

    def _tells(self, about: Sequence[Mapping[str, Any]]) -> bool:
        """Whether an image without annotations is known to show nothing: a file that only lists what a detector looked
        at doesn't say so."""
        only_lists = self._results and not self._labelled
        return not only_lists and any(one["tells"] for one in about)

    def _mark(self, number: int, tells: bool, marks: Any) -> Any:
        found = [
            (one["it"], self._known[one["of"]].categories, one["at"], one["predicted"])
            for one in self._annotations.of(number)
        ]
        return mark(marks, found, tells, self._files)


def _brief(image: Any) -> Any:
    """Of an image, what is kept: there may be a million."""
    return {key: image[key] for key in ("id", *ABOUT) if key in image} if isinstance(image, dict) else image


def _is_result(value: Any) -> bool:
    return isinstance(value, dict) and {"image_id", "category_id"} <= value.keys()


def _recognises(files: Files) -> bool:
    for name in named(files, ENDINGS):
        start = head(files, name)
        if b'"images"' in start or (b'"image_id"' in start and b'"category_id"' in start):
            return _begins_like_coco(start)
    return False


def _begins_like_coco(start: bytes) -> bool:
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) and (
        b'"file_name"' in start or b'"image_id"' in start or b'"categories"' in start
    )


FORMAT = ImportFormat(
    key="coco",
    title="COCO",
    note="Masks, polygons, boxes and key points become regions; detectors' results predictions. Captions are lost.",
    task_types=("image_regions", "classification"),
    endings=ENDINGS,
    recognises=_recognises,
    read=read,
)
