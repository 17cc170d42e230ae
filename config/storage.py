"""Static files under hashed names, our ES modules' imports included, so that browsers may keep them for ever."""

import re

import minify
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestStaticFilesStorage
from django.core.files.base import ContentFile, File

OURS = re.compile(r"(?:js/.+\.(js)|css/.+\.(css))")
KINDS = {"js": "text/javascript", "css": "text/css"}


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Rewrites imports below `js/` alone: other packages' modules have cycles on which the rewriting fails.

    Our own files go out shortened (docs/decisions/0009-short-files-on-the-wire.md): two thirds of what would travel.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
    # A module's name depends on its imports' names, and theirs on their own: one pass for each step of the longest way.
    max_post_process_passes = 30

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


def shortened(text: str, kind: str) -> str:
    """A module ("js") or style sheet ("css") that does the same without comments, spaces and long local names.

    Raises ValueError on one that can't be parsed: nothing half understood goes out.
    """
    short: str = minify.string(KINDS[kind], text)
    return short
