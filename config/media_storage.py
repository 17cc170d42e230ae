"""Where media lie: on disk, or, of those that were left there, in an organization's own places."""

from django.core.files.base import ContentFile, File

from config.storage import WholeFiles
from projects.data.connectors import left_media


class MediaFiles(WholeFiles):
    """Files on disk, and beside them, by their names, pictures that were left where they are: those are only read."""

    def open(self, name: str, mode: str = "rb") -> File:
        if name.startswith(left_media.FOLDER):
            return ContentFile(left_media.read(name), name)
        return super().open(name, mode)

    def exists(self, name: str) -> bool:
        return name.startswith(left_media.FOLDER) or super().exists(name)

    def size(self, name: str) -> int:
        return left_media.size(name) if name.startswith(left_media.FOLDER) else super().size(name)

    def delete(self, name: str) -> None:
        """What isn't ours stays."""
        if not name.startswith(left_media.FOLDER):
            super().delete(name)
