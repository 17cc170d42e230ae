"""How files are stored: media whole or not at all, static files under hashed names.

Static files' names change with what is in them, our ES modules' imports included, so that browsers may keep them for
ever.
"""

import errno
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import minify
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config import sheets
from projects.web.annotator import packs

OURS = re.compile(r"(?:js/.+\.(js)|css/.+\.(css))")
NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS}  # of file systems that give a file one name only
KINDS = {"js": "text/javascript", "css": "text/css"}


class WholeFiles(FileSystemStorage):
    """A file has its name once all of it is written; of one that could not be, on a full disk say, nothing is left."""

    def _save(self, name: str, content: File) -> str:
        part = str(PurePosixPath(name).with_name(f".{uuid.uuid4().hex}.part"))
        try:
            super()._save(part, content)  # type: ignore[misc]
            return self._named(part, name)
        finally:
            self.delete(part)

    def _named(self, part: str, name: str) -> str:
        """Give a written file its name, or the next that is free; never another's."""
        while True:
            try:
                os.link(self.path(part), self.path(name))
                return name
            except FileExistsError:
                name = self.get_available_name(name)
            except OSError as problem:
                if problem.errno not in NO_LINKS or self.exists(name):
                    raise
                os.rename(self.path(part), self.path(name))
                return name


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Rewrites imports below `js/` alone: other packages' modules have cycles on which the rewriting fails.

    Our own files go out shortened (docs/decisions/0009-short-files-on-the-wire.md): two thirds of what would travel;
    and those of the studio in a few packs (docs/decisions/0021-modules-in-packs.md), made here. Beside each lies what
    is sent to browsers that read gzip.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
    # A module's name depends on its imports' names, and theirs on their own: one pass for each step of the longest way.
    max_post_process_passes = 30

    def post_process(self, paths: dict, dry_run: bool = False, **options: object) -> Iterator:
        """Give hashed names to what was collected, and to the packs beside it."""
        if not dry_run:
            made = InMemoryStorage()
            for name, text in packed():
                made.save(name, ContentFile(text.encode()))
                self.delete(name)
                self.save(name, ContentFile(text.encode()))
                paths[name] = (made, name)
        yield from super().post_process(paths, dry_run, **options)  # type: ignore[misc]

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Those that pages name."""
        named = set(self.hashed_files.values())
        yield from super().compress_files(one for one in paths if one in named and OURS.fullmatch(one))

    def file_hash(self, name: str, content: File | None = None) -> str | None:
        """Eight digits tell a file's versions apart; each of the studio's some two hundred imports carries them."""
        whole = super().file_hash(name, content)
        return whole and whole[:8]

    def _save(self, name: str, content: File) -> str:
        if ours := OURS.fullmatch(name):
            content.seek(0)
            data = content.read()
            text = data.decode() if isinstance(data, bytes) else data
            content = ContentFile(shortened(text, ours[1] or ours[2]).encode())
        return super()._save(name, content)  # type: ignore[misc]


def packed() -> Iterator[tuple[str, str]]:
    """The packs of scripts and styles: name and text of each."""
    for pack in packs.PACKS:
        yield packs.file_of(pack), packs.written(pack, lambda module: shortened(module, "js"))
    for sheet in sheets.PACKS:
        yield sheets.file_of(sheet), sheets.written(sheet)


def shortened(text: str, kind: str) -> str:
    """A module ("js") or style sheet ("css") that does the same without comments, spaces and long local names.

    Raises ValueError on one that can't be parsed: nothing half understood goes out.
    """
    short: str = minify.string(KINDS[kind], text)
    return short
